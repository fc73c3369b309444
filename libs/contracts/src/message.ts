/**
 * A message as it lies on the wire: the bytes and the AMQP 0-9-1 properties Heddle uses.
 * `kind` exists for the compiler and for the `type` property's checks; it says which codec made the bytes.
 */
export interface WireMessage<Kind extends MessageKind = MessageKind> {
  readonly kind: Kind;
  readonly body: Buffer;
  readonly properties: WireProperties;
}

/** What travels: `topology.ts` says which exchange carries which kinds. */
export type MessageKind =
  | 'job'
  | 'events'
  | 'output'
  | 'request'
  | 'reply'
  | 'control'
  | 'result'
  | 'results'
  | 'sync'
  | 'production'
  | 'token';

/** The message properties of AMQP 0-9-1 that Heddle reads or writes. All messages are persistent (`delivery_mode` 2) unless `transient`. */
export interface WireProperties {
  readonly contentType?: string | undefined;
  /** For a job: the task. For everything else: the message kind. */
  readonly type?: string | undefined;
  readonly messageId?: string | undefined;
  readonly correlationId?: string | undefined;
  readonly replyTo?: string | undefined;
  /** 0–9; only jobs have one. */
  readonly priority?: number | undefined;
  /** Milliseconds since the epoch. (AMQP says seconds; the broker library converts.) */
  readonly timestamp?: number | undefined;
  /** Milliseconds, as the decimal string AMQP asks for. */
  readonly expiration?: string | undefined;
  readonly headers?: Readonly<Record<string, unknown>> | undefined;
  /** Not written to disk by the broker: replies and announcements that a restart makes worthless. */
  readonly transient?: boolean | undefined;
}

/** What came off a queue before anybody has looked into it. */
export interface ReceivedMessage {
  readonly body: Buffer;
  readonly exchange: string;
  readonly routingKey: string;
  readonly redelivered: boolean;
  readonly properties: WireProperties;
}

/** The outcome of reading a message: what it says, or why it cannot be read (goes into `heddle-reason`). */
export type Decoded<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly reason: string };

/** Names of the headers that Heddle puts on messages. Unknown headers are ignored. */
export const header = {
  /** 1 for the first try at a job. */
  attempt: 'heddle-attempt',
  /** 0; one more with each replay of a dead job. */
  generation: 'heddle-generation',
  /** The batch that the job belongs to, and its place there: a table with `id` and `index`. */
  batch: 'heddle-batch',
  /** Array of strings. */
  tags: 'heddle-tags',
  /** Milliseconds that one attempt may run. */
  timeout: 'heddle-timeout',
  /** Retry policy: a table with the fields of `retrySchema`. */
  retry: 'heddle-retry',
  /** Of the copy that stands for a long job while it runs: a table with `run`, `worker` and `doubts`. */
  guard: 'heddle-guard',
  /** Workers that have ended while they ran the job. */
  crashes: 'heddle-crashes',
  /** Of a job in a lane of a fair task: whose it is. */
  fairKey: 'heddle-fair-key',
  /** Milliseconds since the epoch: a worker that takes the job later ends it as `expired`, unrun. */
  deadline: 'heddle-deadline',
  /** Milliseconds that the recorder keeps result and outputs after a success. */
  resultTtl: 'heddle-result-ttl',
  /** Of a job that has waited for the state of its key to change: a table with `since` and `until`, milliseconds since the epoch. */
  waiting: 'heddle-waiting',
  /** Where the end of the job is to be told: a table with `url`. */
  webhook: 'heddle-webhook',
  /** True when the body is an array of inputs, run one after the other; the result is the array of their results. */
  chunk: 'heddle-chunk',
  /** True when `reply_to` wants batches of results, and to hear of starts and progress too. */
  follow: 'heddle-follow',
  /** JSON text: the input of a job whose body is bytes. */
  input: 'heddle-input',
  /** True when the publisher has also published the job's `accepted` event. */
  accepted: 'heddle-accepted',
  /** Milliseconds since the epoch at which the job was accepted. */
  acceptedAt: 'heddle-accepted-at',
  /** Milliseconds since the epoch at which a job that rested is back in its queue: what it waits from then on is waiting. */
  dueAt: 'heddle-due-at',
  /** Why a message lies in `heddle.dead`. */
  reason: 'heddle-reason',
  /** The queue or exchange that a message in `heddle.dead` came from. */
  source: 'heddle-source',
  job: 'heddle-job',
  run: 'heddle-run',
  outputs: 'heddle-outputs',
  sha256: 'heddle-sha256',
  traceparent: 'traceparent',
} as const;

/** Largest message body by default, in bytes: RabbitMQ 4 refuses more than 16 MiB; 64 KiB are left for headers. */
export const DEFAULT_MAX_MESSAGE_BYTES = 16 * 1024 * 1024 - 64 * 1024;

/** Parses JSON bytes; never throws. */
export function parseJson(body: Buffer): Decoded<unknown> {
  try {
    return { ok: true, value: JSON.parse(body.toString('utf8')) as unknown };
  } catch (error) {
    return { ok: false, reason: `body is not JSON: ${(error as Error).message}` };
  }
}
