import { randomUUID } from 'node:crypto';
import type { Broker } from '@heddle/broker';
import {
  decodeReply,
  encodeRequest,
  HeddleError,
  type RecorderReplies,
  type RecorderRequest,
} from '@heddle/contracts';

/** Long enough for a recorder that is restarting, short enough for a person who waits. */
const DEFAULT_TIMEOUT_MS = 5_000;

/** Asks the recorder over AMQP. */
export class RecorderClient {
  readonly #broker: Broker;

  constructor(broker: Broker) {
    this.#broker = broker;
  }

  /**
   * Resolves with the recorder's answer. Rejects with the error it gave, with `recorder_unavailable` when it does not
   * answer within `timeoutMs`, and with the broker's errors when the question cannot be put.
   */
  async ask<R extends RecorderRequest>(
    request: R,
    { timeoutMs = DEFAULT_TIMEOUT_MS }: { timeoutMs?: number } = {},
  ): Promise<RecorderReplies[R['op']]> {
    const replies = await this.#broker.replies();
    const correlationId = randomUUID();
    const question = encodeRequest(request, replies.name, correlationId, timeoutMs);
    const abandoned = new AbortController();
    const answered = replies.wait(correlationId, timeoutMs, abandoned.signal);
    const put = this.#broker.publisher.publish('heddle.requests', 'queries', question, {
      timeoutMs,
      failFast: true,
    });
    const [received] = await Promise.all([
      answered,
      put.catch((error: unknown) => {
        abandoned.abort(error);
        throw error;
      }),
    ]);
    const reply = decodeReply<R['op']>(received);
    if (!reply.ok)
      throw new HeddleError('internal_error', `the recorder's reply cannot be read: ${reply.reason}`);
    if (!reply.value.ok) throw new HeddleError(reply.value.error.code, reply.value.error.message);
    return reply.value.value;
  }
}
