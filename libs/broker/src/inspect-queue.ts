import { HeddleError, type QueueRow, queues } from '@heddle/contracts';
import type { ChannelModel } from 'amqplib';
import { replyCode, replyCodeOf } from './amqp-error.ts';
import type { QueueInspection } from './broker.ts';
import { useChannel } from './use-channel.ts';

/** Ready messages and consumers of a queue as the broker counts them, or undefined if there is no such queue. */
export async function inspectQueue(
  connection: ChannelModel,
  queue: string,
): Promise<QueueInspection | undefined> {
  try {
    const found = await useChannel(connection, (channel) => channel.checkQueue(queue));
    return { ready: found.messageCount, consumers: found.consumerCount };
  } catch (error) {
    if (replyCodeOf(error) === replyCode.notFound) return undefined;
    throw error;
  }
}

/** `heddle.jobs.<task>.suspect` before `heddle.jobs.<task>`, which fits its queues too. */
const mostSpecificFirst = (Object.keys(queues) as QueueRow[]).sort((a, b) => b.length - a.length);

function fits(queue: string, row: QueueRow): boolean {
  const [head = row, tail] = row.split(/<.*>/);
  if (tail === undefined) return queue === row;
  return queue.length > head.length + tail.length && queue.startsWith(head) && queue.endsWith(tail);
}

/** The row of the topology table that a queue belongs to. */
export function rowOf(queue: string): QueueRow {
  const row = mostSpecificFirst.find((candidate) => fits(queue, candidate));
  if (row) return row;
  throw new HeddleError('internal_error', `the topology has no queue "${queue}"`);
}
