import type { HeddleError } from '@heddle/contracts';
import type { Options } from 'amqplib';

export interface OutgoingMessage {
  readonly exchange: string;
  readonly routingKey: string;
  readonly body: Buffer;
  readonly options: Options.Publish;
  /** Milliseconds since the epoch. */
  readonly deadline: number;
  readonly failFast: boolean;
}

const NO_BYTES = Buffer.alloc(0);

/** A message between `publish` and its outcome. */
export class Outgoing implements OutgoingMessage {
  readonly exchange: string;
  readonly routingKey: string;
  readonly options: Options.Publish;
  readonly deadline: number;
  readonly failFast: boolean;
  readonly bytes: number;
  body: Buffer;
  /** It counts towards the window. */
  flying = false;
  /** It has been written to a channel at least once. */
  sent = false;
  /** It was in flight when the broker closed its channel: one of those is to blame. */
  suspect = false;
  /** Why the broker returned it; its confirm follows. */
  returned: string | undefined;
  settled = false;
  readonly #resolve: () => void;
  readonly #reject: (error: HeddleError) => void;

  constructor(message: OutgoingMessage, resolve: () => void, reject: (error: HeddleError) => void) {
    this.exchange = message.exchange;
    this.routingKey = message.routingKey;
    this.options = message.options;
    this.deadline = message.deadline;
    this.failFast = message.failFast;
    this.body = message.body;
    this.bytes = message.body.length;
    this.#resolve = resolve;
    this.#reject = reject;
  }

  resolve(): void {
    this.settled = true;
    this.#resolve();
  }

  /** Its channel may still hold it until its confirm comes: the bytes need not wait for that. */
  reject(error: HeddleError): void {
    this.settled = true;
    this.body = NO_BYTES;
    this.#reject(error);
  }
}
