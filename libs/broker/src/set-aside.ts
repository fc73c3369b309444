import { type DeadReason, type KindOn, type ReceivedMessage, toDeadMessage } from '@heddle/contracts';
import type { BrokerLog, Publisher } from './broker.ts';

/**
 * Copies a message that nothing can be done with to `heddle.dead`, with the reason, and says so in the log. Resolves when the copy
 * is confirmed; the message itself is still to be acked. Rejects with `publish_returned` if somebody has deleted that queue:
 * the message must not vanish with it.
 */
export async function setAside(
  { publisher, log }: { readonly publisher: Publisher; readonly log: BrokerLog },
  kind: KindOn<'heddle.dead'>,
  message: ReceivedMessage,
  reason: DeadReason,
): Promise<void> {
  const copy = toDeadMessage(kind, message, reason, publisher.maxMessageBytes);
  await publisher.publish('heddle.dead', '', copy, { mandatory: true });
  const { code, detail, source } = reason;
  const { messageId } = message.properties;
  log.warn({ message: messageId, code, detail, source }, 'a message was set aside in heddle.dead');
}
