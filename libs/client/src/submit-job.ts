import { type Broker, EventPublisher, type EventPublisherOptions } from '@heddle/broker';
import {
  type BatchPlace,
  DEFAULT_PRIORITY,
  encodeJob,
  HeddleError,
  type Job,
  type JobEvent,
  MAX_RECORDED_INPUT_BYTES,
  type RetryOptions,
  rungFor,
  type Webhook,
} from '@heddle/contracts';
import { messageAttributes, traced, tracing } from '@heddle/tracing';
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
  /** Milliseconds to rest before the first attempt. */
  readonly delayMs?: number | undefined;
  /** What the task's own policy is overruled by. */
  readonly retry?: RetryOptions | undefined;
  /** Milliseconds since the epoch after which the job is not begun any more. */
  readonly deadline?: number | undefined;
  /** Milliseconds that result and outputs are kept after a success; the task's own by default. */
  readonly resultTtlMs?: number | undefined;
  readonly webhook?: Webhook | undefined;
  readonly batch?: BatchPlace | undefined;
  /** Name of a queue bound to `heddle.replies` that gets the result. */
  readonly replyTo?: string | undefined;
  readonly correlationId?: string | undefined;
  /** `replyTo` follows the job: it hears of starts, progress and the result, in batches. */
  readonly follow?: true | undefined;
  /** `input` is an array of inputs, run one after the other. */
  readonly chunk?: true | undefined;
  readonly traceparent?: string | undefined;
}

/** How long a submit may take. */
export interface SubmitOptions {
  /** Reject at once when the broker is away or blocked, instead of waiting for it. Default false. */
  readonly failFast?: boolean | undefined;
  /** Milliseconds for each confirm. Default: the broker's. */
  readonly timeoutMs?: number | undefined;
}

type SubmitterBroker = Pick<Broker, 'publisher' | 'publishLater'>;

/** Publishes jobs: each with its `accepted` event, so that whoever got the promise's value finds the job in the recorder. */
export class JobSubmitter {
  readonly #broker: SubmitterBroker;
  readonly #events: EventPublisher;
  readonly #options: SubmitOptions;

  /** `events`: how the `accepted` events are published. */
  constructor(
    broker: SubmitterBroker,
    options: SubmitOptions = {},
    events: Pick<EventPublisherOptions, 'exchange'> = {},
  ) {
    this.#broker = broker;
    this.#options = options;
    this.#events = new EventPublisher(broker.publisher, { ...events, publish: options });
  }

  /**
   * Resolves when the broker has confirmed both the job and its `accepted` event; the two travel side by side.
   * Rejects with `unknown_task` when no queue takes the task's jobs, and as `Publisher.publish` does.
   */
  async submit(newJob: NewJob): Promise<{ id: string }> {
    const job = toJob(newJob);
    if (!tracing()) return this.#submit(job, newJob.delayMs);
    const span = {
      kind: 'producer' as const,
      parent: job.traceparent,
      attributes: {
        ...messageAttributes({
          type: 'send',
          operation: 'publish',
          destination: `heddle.submit:${job.task}`,
          routingKey: job.task,
          id: job.id,
          correlationId: job.correlationId,
        }),
        'heddle.batch.id': job.batch?.id,
      },
    };
    return traced(`publish heddle.submit:${job.task}`, span, (traceparent) =>
      this.#submit({ ...job, traceparent }, newJob.delayMs),
    );
  }

  async #submit(job: Job, delayMs = 0): Promise<{ id: string }> {
    const message = encodeJob(job);
    const rests = rungFor(delayMs) !== undefined;
    const [outcome, recorded] = await Promise.allSettled([
      rests
        ? this.#broker.publishLater(message, job.task, delayMs, this.#options)
        : this.#broker.publisher.publish('heddle.submit', job.task, message, {
            ...this.#options,
            mandatory: true,
          }),
      this.#events.add(acceptedEvent(job, message.body.length)),
      rests && this.#events.add(delayedEvent(job, delayMs)),
    ]);
    if (outcome.status === 'rejected') {
      throw await this.#takeBack(job, outcome.reason, recorded.status === 'fulfilled');
    }
    if (recorded.status === 'rejected') throw recorded.reason;
    return { id: job.id };
  }

  /** A job that came back, or is too large to be sent, is not queued anywhere: its row, if the `accepted` event has made it by now, says so. */
  async #takeBack(job: Job, error: unknown, hasRow: boolean): Promise<unknown> {
    if (!(error instanceof HeddleError)) return error;
    if (error.code === 'message_too_large') {
      if (hasRow) await this.#events.add(refusedEvent(job, error));
      return error;
    }
    if (error.code !== 'publish_returned') return error;
    const unknown = new HeddleError('unknown_task', `no queue takes jobs of "${job.task}"`, { cause: error });
    await this.#events.add(refusedEvent(job, unknown));
    return unknown;
  }

  /** Tells of a job that can never be sent, such as one whose bytes cannot be read: it has failed. Resolves on the confirm. */
  async refuse(newJob: NewJob, { code, message }: HeddleError): Promise<void> {
    const job = toJob(newJob);
    await this.#events.addAll([acceptedEvent(job, 0), refusedEvent(job, { code, message })]);
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
    ...(job.traceparent !== undefined && { traceparent: job.traceparent }),
    priority: job.priority,
    ...(keepsInput && { input: job.input }),
    ...(job.bytes && { body: { type: job.bytes.type, bytes: job.bytes.body.length } }),
    ...(job.tags.length > 0 && { tags: [...job.tags] }),
    ...(job.timeoutMs !== undefined && { timeoutMs: job.timeoutMs }),
    ...(job.batch !== undefined && { batch: job.batch }),
    ...(job.retry !== undefined && { retry: job.retry }),
    ...(job.deadline !== undefined && { deadline: job.deadline }),
    ...(job.resultTtlMs !== undefined && { resultTtlMs: job.resultTtlMs }),
    ...(job.webhook !== undefined && { webhook: job.webhook }),
  };
}

function refusedEvent(job: Job, { code, message }: Pick<HeddleError, 'code' | 'message'>): JobEvent {
  const now = Date.now();
  return {
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
    error: { code, message },
  };
}

/** The event that tells that a job rests before its first attempt. */
export function delayedEvent(job: Job, delayMs: number): JobEvent {
  return {
    type: 'delayed',
    job: job.id,
    task: job.task,
    generation: job.generation,
    attempt: 0,
    run: '',
    seq: 1,
    at: job.acceptedAt,
    until: job.acceptedAt + delayMs,
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
    retry: job.retry,
    deadline: job.deadline,
    resultTtlMs: job.resultTtlMs,
    webhook: job.webhook,
    batch: job.batch,
    replyTo: job.replyTo,
    correlationId: job.correlationId,
    follow: job.follow,
    chunk: job.chunk,
    traceparent: job.traceparent,
  };
}
