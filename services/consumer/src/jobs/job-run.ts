import { createHash, randomUUID } from 'node:crypto';
import type { Delivery } from '@heddle/broker';
import type { JobInfo, Task } from '@heddle/client';
import {
  type BatchResult,
  HeddleError,
  type Job,
  type JobEvent,
  type JobNews,
  type OutputDescription,
} from '@heddle/contracts';
import type { TraceSpan } from '@heddle/tracing';
import { OutputCheck } from '../pools/check-output.ts';
import type { HandlerHost, KeyedInput, LogLevel } from '../pools/handler-context.ts';
import { GatheredOutputs } from './gather-outputs.ts';
import { readBatchPage } from './read-batch-page.ts';
import { readKeyState } from './read-key-state.ts';
import type { WorkerPorts } from './worker-ports.ts';

const MAX_NOTE_CHARACTERS = 500;
const NO_BYTES = Buffer.alloc(0);

/** Why a run is stopped before its handler is done. */
export type StopReason = 'timed_out' | 'cancelled' | 'shutting_down';

/** One delivery of a job while it runs here: what the steps after "start" know and change. */
export class JobRun implements HandlerHost {
  readonly id = randomUUID();
  readonly startedAt = Date.now();
  /** Milliseconds since the epoch at which the run is stopped. */
  readonly deadline: number;
  readonly delivery: Delivery;
  readonly job: Job;
  readonly task: Task;
  readonly input: unknown;
  /** Whether the handler is done: what it says later is not heard. */
  ended = false;
  /** Whether `started` has been sent. */
  announced = false;
  /** Whether a guard stands for the job, and its delivery is acked. */
  isGuarded = false;
  /** When the next attempt to guard it is made, in milliseconds since the epoch. */
  guardAt = Number.POSITIVE_INFINITY;
  /** Told when the run is guarded, and when a guarded run has ended. */
  onGuarded: ((run: JobRun, isGuarded: boolean) => void) | undefined;
  stopReason: StopReason | undefined;
  /** Present while somebody traces. */
  span: TraceSpan | undefined;
  /** Of a task with serial keys. */
  keyed: KeyedInput | undefined;
  /** Set by the pool: what to do when the run is stopped. */
  onStop: ((reason: StopReason) => void) | undefined;

  readonly #worker: WorkerPorts;
  /** What was said about a cancel. */
  #why: string | undefined;
  #seq = 0;
  #acceptedSent: boolean;
  #abort: AbortController | undefined;
  #progress: { fraction: number; note?: string } | undefined;
  #progressSentAt: number;
  #outputCheck: OutputCheck | undefined;
  #outputs: GatheredOutputs | undefined;

  constructor(worker: WorkerPorts, delivery: Delivery, task: Task, job: Job, input: unknown) {
    this.#worker = worker;
    this.delivery = delivery;
    this.task = task;
    this.job = job;
    this.input = input;
    this.deadline = this.startedAt + (job.timeoutMs ?? task.timeoutMs);
    this.#acceptedSent = job.accepted;
    this.#progressSentAt = this.startedAt;
  }

  /** What every event of this run says. */
  eventBase(at: number) {
    const { job } = this;
    this.#seq += 1;
    const base = {
      job: job.id,
      task: job.task,
      generation: job.generation,
      attempt: job.attempt,
      run: this.id,
      seq: this.#seq,
      at,
      worker: this.#worker.name,
    };
    const { traceparent } = this;
    return traceparent === undefined ? base : { ...base, traceparent };
  }

  /** W3C trace context of what this run causes, if it is part of a trace. */
  get traceparent(): string | undefined {
    return this.span?.traceparent ?? this.job.traceparent;
  }

  /** Whether the job's `accepted` event is still to be sent, which nobody has done for a foreign client's job. True once. */
  takeUnaccepted(): boolean {
    if (this.#acceptedSent) return false;
    this.#acceptedSent = true;
    return true;
  }

  /** Tells whoever follows the job; costs nothing if nobody does. */
  tellFollower(news: JobNews): void {
    const { follow, replyTo } = this.job;
    if (follow && replyTo !== undefined) this.#worker.followers.tell(replyTo, news);
  }

  /** The newest progress, if it is news and the last was sent, or the run began, `everyMs` ago or more. */
  takeProgress(now: number, everyMs: number): JobEvent | undefined {
    if (!this.#progress || now - this.#progressSentAt < everyMs) return undefined;
    const event: JobEvent = { type: 'progress', ...this.eventBase(now), ...this.#progress };
    this.tellFollower({ job: this.job.id, state: 'running', progress: this.#progress });
    this.#progress = undefined;
    this.#progressSentAt = now;
    return event;
  }

  /**
   * Asks the handler to end, and the pool to see to it. Later calls change nothing, but for time that runs out after a
   * cancel: then the pool need not wait any longer.
   */
  stop(reason: StopReason, why?: string): void {
    if (this.stopReason === 'cancelled' && reason === 'timed_out') return this.onStop?.(reason);
    if (this.stopReason !== undefined) return;
    this.stopReason = reason;
    this.#why = why;
    this.#abort?.abort(this.stopError());
    this.onStop?.(reason);
  }

  /** The reason that the abort signal gives. */
  stopError(): HeddleError {
    if (this.stopReason === 'cancelled')
      return new HeddleError('cancelled', this.#why ?? 'somebody cancelled it');
    return this.stopReason === 'shutting_down'
      ? new HeddleError('shutting_down', 'the worker is shutting down')
      : new HeddleError('timed_out', `ran longer than its ${this.deadline - this.startedAt} ms`);
  }

  get jobInfo(): JobInfo {
    const { id, task, attempt, tags } = this.job;
    return { id, task, attempt, tags };
  }

  get isChunk(): boolean {
    return this.job.chunk === true;
  }

  get bytes(): Buffer {
    return this.job.bytes?.body ?? NO_BYTES;
  }

  get bytesType(): string {
    return this.job.bytes?.type ?? '';
  }

  /** Made when first asked for: most handlers never do. */
  get signal(): AbortSignal {
    this.#abort ??= new AbortController();
    if (this.stopReason !== undefined) this.#abort.abort(this.stopError());
    return this.#abort.signal;
  }

  progress(fraction: number, note?: string): void {
    const within = Number.isFinite(fraction) ? Math.min(Math.max(fraction, 0), 1) : 0;
    this.#progress =
      note === undefined
        ? { fraction: within }
        : { fraction: within, note: note.slice(0, MAX_NOTE_CHARACTERS) };
  }

  async output(name: string, type: string, bytes: Uint8Array, meta?: Record<string, unknown>): Promise<void> {
    if (this.ended) throw new HeddleError('invalid_output', `output "${name}": the job has ended already`);
    this.#outputCheck ??= new OutputCheck(this.#worker.publisher.maxMessageBytes);
    this.#outputCheck.check(name, type, bytes, meta);
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    await this.addOutput({ name, type, bytes: bytes.byteLength, sha256, ...(meta && { meta }) }, bytes);
  }

  /** Takes an output that has been checked and described. */
  addOutput(description: OutputDescription, bytes: Uint8Array): Promise<void> {
    this.#outputs ??= new GatheredOutputs(this.#worker, this.job.id, this.id);
    return this.#outputs.add(description, bytes);
  }

  /** The run's outputs, if it has any. */
  get outputs(): GatheredOutputs | undefined {
    return this.#outputs;
  }

  batchPage(first: number): Promise<readonly BatchResult[]> {
    return readBatchPage(this.#worker, this, first);
  }

  readState(state: string, key: string): Promise<unknown> {
    return readKeyState(this.#worker, this, state, key);
  }

  log(level: LogLevel, message: string, fields?: Readonly<Record<string, unknown>>): void {
    this.#worker.log[level]({ ...fields, job: this.job.id, task: this.job.task }, message);
  }
}
