import type { Broker, Delivery } from '@heddle/broker';
import { toDeadMessage } from '@heddle/contracts';

/** Copies a message that cannot be read to `heddle.dead`, with the reason. Resolves when the copy is confirmed; the delivery is still to be acked. */
export async function setAside(
  { publisher }: Pick<Broker, 'publisher'>,
  { message }: Delivery,
  reason: string,
  source: 'heddle.producer' | 'heddle.scheduler',
): Promise<void> {
  const why = { code: 'unreadable_message', detail: reason, source } as const;
  const dead = toDeadMessage('production', message, why, publisher.maxMessageBytes);
  await publisher.publish('heddle.dead', '', dead, { mandatory: true });
}
