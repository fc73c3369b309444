import type { Broker } from '@heddle/broker';
import { decodeRequest, encodeReply, type RecorderReplies, type RecorderRequest } from '@heddle/contracts';

/** Answers the recorder's requests from a script, over the real broker. */
export async function answerRequests(
  broker: Broker,
  answer: (request: RecorderRequest) => RecorderReplies[RecorderRequest['op']] | undefined,
): Promise<void> {
  await broker.consume('heddle.queries', { prefetch: 100 }, (delivery) => {
    delivery.ack();
    const decoded = decodeRequest(delivery.message);
    if (!decoded.ok) throw new Error(decoded.reason);
    const { request, replyTo = '', correlationId = '' } = decoded.value;
    const value = answer(request);
    if (value === undefined) return;
    const reply = encodeReply(request.op, { ok: true, value }, correlationId);
    broker.publisher.publish('heddle.replies', replyTo, reply).catch(() => {});
  });
}
