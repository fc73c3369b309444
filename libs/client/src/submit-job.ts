import { type Broker, EventPublisher } from '@heddle/broker';
import {
  DEFAULT_PRIORITY,
  encodeJob,
  HeddleError,
  type Job,
  type JobEvent,
  MAX_RECORDED_INPUT_BYTES,
} from '@heddle/contracts';
import { newJobId } from './job-id.ts';

/** A job as its submitter describes it; what is absent gets the default. */
export interface NewJob {
  /** A UUIDv7 of one's own, for a submit that may be repeated. */
  readonly id?: string | undefined;
  readonly task: string;
  /** JSON. */
  readonly input: unknown;
  /** For tasks that take bytes. `type` is a media type. */
  readonly bytes?: { readonly body: Buffer; readonly type: string } | undefined;
  /** 0–9, higher runs sooner; 4 by default. */
  readonly priority?: number | undefined;
  readonly tags?: readonly string[] | undefined;
  /** Milliseconds that one attempt may run; the task's own by default. */
  readonly timeoutMs?: number | undefined;
  /** Name of a queue bound to `heddle.replies` that gets the result. */
  readonly replyTo?: string | undefined;
  readonly correlationId?: string | undefined;
  readonly traceparent?: string | undefined;
}

export interface SubmitOptions {
  /** Reject at once when the broker is away or blocked, instead of waiting for it. */
  readonly failFast?: boolean | undefined;
  /** Milliseconds for both confirms. */
  readonly timeoutMs?: number | undefined;
}

/** Publishes jobs: each with its `accepted` event, so that whoever got the promise's value finds the job in the recorder. */
export class JobSubmitter {
  readonly #broker: Broker;
  readonly #events: EventPublisher;

  constructor(broker: Broker) {
    this.#broker = broker;
    this.#events = new EventPublisher(broker.publisher);
  }

  /**
   * Resolves when the broker has confirmed both the job and its `accepted` event; the two travel side by side.
   * Rejects with `unknown_task` when no queue takes the task's jobs, and as `Publisher.publish` does.
   */
  async submit(newJob: NewJob, options: SubmitOptions = {}): Promise<{ id: string }> {
    const job = toJob(newJob);
    const message = encodeJob(job);
    const published = this.#broker.publisher.publish('heddle.submit', job.task, message, {
      mandatory: true,
      failFast: options.failFast,
      timeoutMs: options.timeoutMs,
    });
    const [outcome, recorded] = await Promise.allSettled([
      published,
      this.#events.add(acceptedEvent(job, message.body.length)),
    ]);
    if (outcome.status === 'rejected') throw await this.#takeBack(job, outcome.reason);
    if (recorded.status === 'rejected') throw recorded.reason;
    return { id: job.id };
  }

  /** A job that came back is not queued anywhere: its row, which the `accepted` event has made by now, says so. */
  async #takeBack(job: Job, error: unknown): Promise<unknown> {
    if (!(error instanceof HeddleError) || error.code !== 'publish_returned') return error;
    const unknown = new HeddleError('unknown_task', `no queue takes jobs of "${job.task}"`, { cause: error });
    const now = Date.now();
    await this.#events.add({
      type: 'failed',
      job: job.id,
      task: job.task,
      generation: job.generation,
      attempt: job.attempt,
      run: '',
      seq: 0,
      at: now,
      startedAt: now,
      worker: '',
      error: { code: unknown.code, message: unknown.message },
    });
    return unknown;
  }

  /** Resolves when everything submitted so far is confirmed. */
  flush(): Promise<void> {
    return this.#events.flush();
  }
}

/** The event that tells the recorder of a job; `messageBytes` is the size of the job's body. */
export function acceptedEvent(job: Job, messageBytes: number): JobEvent {
  const keepsInput = job.bytes !== undefined || messageBytes <= MAX_RECORDED_INPUT_BYTES;
  return {
    type: 'accepted',
    job: job.id,
    task: job.task,
    generation: job.generation,
    attempt: 0,
    run: '',
    seq: 0,
    at: job.acceptedAt,
    priority: job.priority,
    ...(keepsInput && { input: job.input }),
    ...(job.bytes && { body: { type: job.bytes.type, bytes: job.bytes.body.length } }),
    ...(job.tags.length > 0 && { tags: [...job.tags] }),
    ...(job.timeoutMs !== undefined && { timeoutMs: job.timeoutMs }),
    ...(job.batch !== undefined && { batch: job.batch }),
    ...(job.retry !== undefined && { retry: job.retry }),
    ...(job.deadline !== undefined && { deadline: job.deadline }),
    ...(job.webhook !== undefined && { webhook: job.webhook }),
  };
}

/** Fills in the defaults. */
function toJob(job: NewJob): Job {
  return {
    id: job.id ?? newJobId(),
    task: job.task,
    input: job.input ?? null,
    bytes: job.bytes,
    priority: job.priority ?? DEFAULT_PRIORITY,
    generation: 0,
    attempt: 1,
    tags: job.tags ?? [],
    timeoutMs: job.timeoutMs,
    acceptedAt: Date.now(),
    accepted: true,
    replyTo: job.replyTo,
    correlationId: job.correlationId,
    traceparent: job.traceparent,
  };
}
