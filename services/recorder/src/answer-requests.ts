import { setTimeout } from 'node:timers/promises';
import type { BrokerLog, Delivery, Publisher } from '@heddle/broker';
import {
  decodeRequest,
  encodeReply,
  errorTable,
  HeddleError,
  type ReceivedRequest,
  type RecorderOp,
  type RecorderReplies,
  type RecorderRequest,
  type Reply,
  type WireMessage,
} from '@heddle/contracts';
import type { RecorderMetrics, RequestOutcome } from './metrics.ts';
import { refusesValue } from './store/database-error.ts';
import type { Store } from './store/open-database.ts';
import { deadMessage, putOutgoing } from './store/outbox.ts';

/** Whoever asked has given up after that. */
const REPLY_TIMEOUT_MS = 5_000;

/** The database is in trouble, and would be asked again at once. */
const REQUEUE_AFTER_MS = 1_000;

/** Does what a request asks, and gives the value of its reply. */
export type RequestHandler = (request: RecorderRequest) => Promise<RecorderReplies[RecorderOp]>;

/**
 * Answers requests: reads, does, replies, acks. All of it may be done twice. A reply that cannot be published is
 * dropped, because its asker asks again; the prefetch limits how many are under way.
 */
export class RequestAnswerer {
  readonly #store: Store;
  readonly #handle: RequestHandler;
  readonly #publisher: Publisher;
  readonly #metrics: RecorderMetrics;
  readonly #log: BrokerLog;
  readonly #onOutgoing: () => void;
  readonly #underWay = new Set<Promise<void>>();

  /** `onOutgoing` is called when something has come into the outbox. */
  constructor(
    store: Store,
    handle: RequestHandler,
    publisher: Publisher,
    metrics: RecorderMetrics,
    log: BrokerLog,
    onOutgoing: () => void,
  ) {
    this.#store = store;
    this.#handle = handle;
    this.#publisher = publisher;
    this.#metrics = metrics;
    this.#log = log;
    this.#onOutgoing = onOutgoing;
  }

  take(delivery: Delivery): void {
    const answered = this.#answer(delivery).catch(async (error: unknown) => {
      this.#log.error({ err: error }, 'cannot keep a request that cannot be read; it goes back to the queue');
      await setTimeout(REQUEUE_AFTER_MS);
      delivery.requeue();
    });
    this.#underWay.add(answered);
    void answered.finally(() => this.#underWay.delete(answered));
  }

  /** Resolves when all requests taken are answered. */
  async drain(): Promise<void> {
    await Promise.all(this.#underWay);
  }

  async #answer(delivery: Delivery): Promise<void> {
    const decoded = decodeRequest(delivery.message);
    if (!decoded.ok) return this.#bury(delivery, decoded.reason);
    const { request } = decoded.value;
    const began = performance.now();
    const reply = await this.#replyTo(request);
    await this.#send(request.op, decoded.value, reply);
    delivery.ack();
    this.#metrics.requested(request.op, outcomeOf(reply), (performance.now() - began) / 1_000);
  }

  async #replyTo(request: RecorderRequest): Promise<Reply<RecorderOp>> {
    try {
      return { ok: true, value: await this.#handle(request) };
    } catch (error) {
      if (error instanceof HeddleError)
        return { ok: false, error: { code: error.code, message: error.message } };
      // Asked again it would be refused again, and whoever asks would ask for ever.
      if (refusesValue(error)) {
        const message = `the database refuses it: ${(error as Error).message}`;
        return { ok: false, error: { code: 'invalid_request', message } };
      }
      this.#log.error({ err: error, op: request.op }, 'a request failed');
      const message = `the recorder could not answer: ${(error as Error).message}`;
      return { ok: false, error: { code: 'recorder_unavailable', message } };
    }
  }

  async #send<Op extends RecorderOp>(
    op: Op,
    { replyTo, correlationId }: ReceivedRequest,
    reply: Reply<Op>,
  ): Promise<void> {
    if (replyTo === undefined || correlationId === undefined) return;
    let message: WireMessage<'reply'> = encodeReply(op, reply, correlationId);
    if (message.body.length > this.#publisher.maxMessageBytes) {
      const text = `the reply has ${message.body.length} bytes, more than the ${this.#publisher.maxMessageBytes} a message may have`;
      message = encodeReply(
        op,
        { ok: false, error: { code: 'message_too_large', message: text } },
        correlationId,
      );
    }
    try {
      await this.#publisher.publish('heddle.replies', replyTo, message, {
        timeoutMs: REPLY_TIMEOUT_MS,
        failFast: true,
      });
    } catch (error) {
      this.#log.warn({ err: error, op }, 'a reply was dropped');
    }
  }

  /** What cannot be read is kept for people, and whoever asked is told. */
  async #bury(delivery: Delivery, reason: string): Promise<void> {
    const { message } = delivery;
    const dead = deadMessage(message, 'request', 'heddle.queries', reason);
    await this.#store.db.transaction().execute((tx) => putOutgoing(tx, [dead]));
    this.#onOutgoing();
    this.#log.warn({ reason }, 'request sent to heddle.dead');
    const { replyTo, correlationId } = message.properties;
    const error = { code: 'invalid_request', message: reason } as const;
    await this.#send('job', { replyTo, correlationId } as ReceivedRequest, { ok: false, error });
    delivery.ack();
  }
}

function outcomeOf(reply: Reply<RecorderOp>): RequestOutcome {
  if (reply.ok) return 'answered';
  return errorTable[reply.error.code].status < 500 ? 'refused' : 'failed';
}
