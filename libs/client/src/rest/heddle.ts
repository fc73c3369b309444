import {
  CancelledError,
  isTerminal,
  type JobState,
  type JobView,
  type jobOptionsSchema,
  LONGEST_TIMER_MS,
  type QueueView,
  TimeoutError,
} from '@heddle/contracts';
import type { z } from 'zod';
import type { Runnable } from '../futures/executor.ts';
import { TaskError } from '../futures/task-error.ts';
import { type Timeout, timeoutMs } from '../futures/wait-limit.ts';
import { Batches } from './batches.ts';
import { GatewayCaller, type GatewayOptions, type Query } from './call-gateway.ts';
import { DeadJobs } from './dead-jobs.ts';
import { readEvents, type SentEvent } from './read-events.ts';
import { Schedules } from './schedules.ts';
import type { SubmittedJob } from './submitted-job.ts';

/** As in `POST /v1/jobs`: durations are milliseconds or text such as `"30s"`. */
export type SubmitJobOptions = z.input<typeof jobOptionsSchema> & {
  /** The same key again gives the same job; with another payload `idempotency_key_reused`. */
  readonly idempotencyKey?: string | undefined;
};

/** As in `GET /v1/jobs`. */
export interface JobSearch {
  readonly task?: string;
  readonly state?: JobState;
  readonly tag?: string;
  /** ISO 8601. */
  readonly since?: string;
  readonly until?: string;
  /** Error code. */
  readonly error?: string;
}

const PAGE = 200;
/** The gateway is asked to wait for so long at most by one request. */
const LONGEST_WAIT_S = 60;
const DEFAULT_RUN = '5m';

/**
 * The gateway's REST interface from code, for JSON jobs: the same options, the same checks and the same errors,
 * each a `HeddleError` with the code of `docs/errors.md`. `Executor` gives futures of many jobs instead, over the broker.
 *
 * ```ts
 * const heddle = new Heddle('http://127.0.0.1:8080');
 * const sum = await heddle.run(add, { a: 1, b: 2 }, { retry: { attempts: 3 } });
 * ```
 */
export class Heddle {
  readonly batches: Batches;
  readonly schedules: Schedules;
  readonly dead: DeadJobs;
  readonly #gateway: GatewayCaller;

  /** `url`: where the gateway is, such as `http://127.0.0.1:8080`. */
  constructor(url: string, options: GatewayOptions = {}) {
    this.#gateway = new GatewayCaller(url, options);
    this.batches = new Batches(this.#gateway);
    this.schedules = new Schedules(this.#gateway);
    this.dead = new DeadJobs(this.#gateway);
  }

  /** Resolves when the job is sure to run. */
  submit<O, In>(
    task: Runnable<O, In>,
    input: NoInfer<In>,
    options: SubmitJobOptions = {},
  ): Promise<SubmittedJob> {
    return this.#post(nameOf(task), input, options);
  }

  /**
   * Submits a job and resolves with its result. Rejects with the `TaskError` of a job that came to nothing, with `CancelledError`,
   * or after `wait` (default 5 minutes) with `TimeoutError`, while the job goes on.
   */
  async run<O, In>(
    task: Runnable<O, In>,
    input: NoInfer<In>,
    { wait = DEFAULT_RUN, ...options }: SubmitJobOptions & { readonly wait?: Timeout } = {},
  ): Promise<O> {
    const deadline = performance.now() + timeoutMs(wait);
    const seconds = Math.ceil(Math.min(timeoutMs(wait) / 1_000, LONGEST_WAIT_S));
    const first = await this.#post(nameOf(task), input, options, { prefer: `wait=${Math.max(1, seconds)}` });
    const ended = isTerminal(first.state)
      ? (first as JobView)
      : await this.ended(first.id, deadline - performance.now());
    return resultOf(ended) as O;
  }

  /** The job once it has ended, however. Rejects with `TimeoutError` after `wait`. */
  async ended(id: string, wait: Timeout = DEFAULT_RUN): Promise<JobView> {
    const late = AbortSignal.timeout(Math.min(Math.max(1, Math.ceil(timeoutMs(wait))), LONGEST_TIMER_MS));
    try {
      for (;;) {
        // The events of a job end with it, or with the gateway.
        for await (const _ of this.events(id, { signal: late }));
        const job = await this.job(id);
        if (isTerminal(job.state)) return job;
      }
    } catch (error) {
      if (late.aborted) throw new TimeoutError(`job ${id} has not ended in time`);
      throw error;
    }
  }

  job(id: string): Promise<JobView> {
    return this.#gateway.call({ method: 'GET', path: `/v1/jobs/${encodeURIComponent(id)}` });
  }

  /** All that are found, newest first, read page by page. */
  async *jobs(search: JobSearch = {}): AsyncGenerator<JobView, void> {
    let cursor: string | undefined;
    do {
      const query: Query = { ...search, limit: PAGE, cursor };
      const page: { jobs: JobView[]; next: string | null } = await this.#gateway.call({
        method: 'GET',
        path: '/v1/jobs',
        query,
      });
      yield* page.jobs;
      cursor = page.next ?? undefined;
    } while (cursor !== undefined);
  }

  /** `cancelled`, or the state of a job whose worker has been told to stop. Rejects with `not_cancellable` if it has ended. */
  cancel(id: string, reason?: string): Promise<{ readonly id: string; readonly state: JobState }> {
    const query = { reason };
    return this.#gateway.call({ method: 'DELETE', path: `/v1/jobs/${encodeURIComponent(id)}`, query });
  }

  /** A job's snapshot and events up to its end, or without an id those of all jobs. `after`: the `id` of an event to resume behind. */
  async *events(
    id?: string,
    { signal, after }: { readonly signal?: AbortSignal; readonly after?: string } = {},
  ): AsyncGenerator<SentEvent, void> {
    const path = id === undefined ? '/v1/events' : `/v1/jobs/${encodeURIComponent(id)}/events`;
    const headers: Record<string, string> = after === undefined ? {} : { 'last-event-id': after };
    yield* readEvents(await this.#gateway.open({ method: 'GET', path, headers, signal }));
  }

  async output(id: string, name: string): Promise<Buffer> {
    const path = `/v1/jobs/${encodeURIComponent(id)}/outputs/${encodeURIComponent(name)}`;
    return Buffer.from(await (await this.#gateway.open({ method: 'GET', path })).arrayBuffer());
  }

  async queues(): Promise<readonly QueueView[]> {
    return (await this.#gateway.call<{ queues: QueueView[] }>({ method: 'GET', path: '/v1/queues' })).queues;
  }

  /** No worker begins a job of the task until `resume`. */
  async pause(task: string): Promise<void> {
    await this.#setPaused(task, 'pause');
  }

  async resume(task: string): Promise<void> {
    await this.#setPaused(task, 'resume');
  }

  async #setPaused(task: string, how: 'pause' | 'resume'): Promise<void> {
    const path = `/v1/queues/${encodeURIComponent(task)}/${how}`;
    await this.#gateway.call({ method: 'POST', path, repeatable: true });
  }

  #post(
    task: string,
    input: unknown,
    { idempotencyKey, ...options }: SubmitJobOptions,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<SubmittedJob> {
    return this.#gateway.call({
      method: 'POST',
      path: '/v1/jobs',
      body: { task, input, ...options },
      headers: { ...headers, ...(idempotencyKey !== undefined && { 'idempotency-key': idempotencyKey }) },
      repeatable: idempotencyKey !== undefined,
    });
  }
}

function resultOf({ id, state, result, error }: JobView): unknown {
  if (state === 'succeeded') return result;
  if (state === 'cancelled') throw new CancelledError(error?.message ?? `job ${id} was cancelled`);
  throw new TaskError({ job: id, state: state as 'failed', ...(error && { error }) });
}

function nameOf<O, In>(task: Runnable<O, In>): string {
  return typeof task === 'string' ? task : task.name;
}
