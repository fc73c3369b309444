import type { Delivery } from '@heddle/broker';
import { type DeadReason, jobQueue, toDeadMessage } from '@heddle/contracts';
import type { WorkerPorts } from './worker-ports.ts';

/** Copies a message that cannot be run to `heddle.dead`, with the reason. Resolves when the copy is confirmed; the delivery is still to be acked. */
export async function setAside(
  { publisher, log }: WorkerPorts,
  delivery: Delivery,
  task: string,
  reason: Pick<DeadReason, 'code' | 'detail'>,
): Promise<void> {
  const { message } = delivery;
  const copy = toDeadMessage(
    'job',
    message,
    { ...reason, source: jobQueue(task) },
    publisher.maxMessageBytes,
  );
  await publisher.publish('heddle.dead', '', copy);
  log.warn({ task, job: message.properties.messageId, ...reason }, 'a message was set aside in heddle.dead');
}
