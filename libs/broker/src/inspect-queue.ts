import { HeddleError, type QueueRow, queues } from '@heddle/contracts';
import type { ChannelModel } from 'amqplib';
import { replyCode, replyCodeOf } from './amqp-error.ts';
import { useChannel } from './use-channel.ts';

/** Ready messages and consumers of a queue as the broker counts them, or undefined if there is no such queue. */
export async function inspectQueue(
  connection: ChannelModel,
  queue: string,
): Promise<{ ready: number; consumers: number } | undefined> {
  try {
    const found = await useChannel(connection, (channel) => channel.checkQueue(queue));
    return { ready: found.messageCount, consumers: found.consumerCount };
  } catch (error) {
    if (replyCodeOf(error) === replyCode.notFound) return undefined;
    throw error;
  }
}

/** The row of the topology table that a queue belongs to. */
export function rowOf(queue: string): QueueRow {
  for (const row of Object.keys(queues) as QueueRow[]) {
    const [head = row, placeholder] = row.split('<');
    if (placeholder === undefined ? queue === row : queue.startsWith(head)) return row;
  }
  throw new HeddleError('internal_error', `the topology has no queue "${queue}"`);
}
