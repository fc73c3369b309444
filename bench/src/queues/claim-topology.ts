import {
  delayName,
  jobQueue,
  rungFor,
  serialQueue,
  sharedExchanges,
  sharedQueues,
  suspectQueue,
} from '@heddle/contracts';
import type { ConfirmChannel } from 'amqplib';
import type { BenchSession } from '../harness/benchmark.ts';
import { openChannel, openConnection } from './open-channel.ts';

/**
 * Makes sure that no Heddle lives on this virtual host, whose jobs a benchmark would take, and that every queue and
 * exchange of Heddle's is removed at the end. `tasks`: those whose job queues the benchmark's services will declare, with the number of partitions of one that
 * has serial keys (`ledger.deposit:4`); `delaysMs`: the delays it uses.
 */
export async function claimTopology(
  session: BenchSession,
  tasks: readonly string[],
  delaysMs: readonly number[] = [],
): Promise<void> {
  const queues = [...sharedQueues, ...tasks.flatMap(queuesOf)];
  const inUse = await firstExisting(session.amqpUrl, queues);
  if (inUse) {
    throw new Error(
      `expected a virtual host without Heddle, found its queue "${inUse}": give AMQP_URL another one, such as .../bench`,
    );
  }
  session.cleanUp.add("remove Heddle's queues and exchanges", () =>
    removeTopology(session.amqpUrl, queues, delaysMs),
  );
}

function queuesOf(task: string): string[] {
  const [name = '', partitions = '0'] = task.split(':');
  const parts = Array.from({ length: Number(partitions) }, (_, partition) => serialQueue(name, partition));
  return [jobQueue(name), suspectQueue(name), ...parts];
}

async function removeTopology(
  amqpUrl: string,
  queues: readonly string[],
  delaysMs: readonly number[],
): Promise<void> {
  const connection = await openConnection(amqpUrl);
  const channel = await connection.createChannel();
  const rungs = delaysMs.map((delayMs) => delayName(rungFor(delayMs) ?? delayMs));
  for (const queue of [...queues, ...rungs]) await channel.deleteQueue(queue);
  for (const exchange of [...rungs, ...sharedExchanges]) await channel.deleteExchange(exchange);
  await connection.close();
}

/** The first of these queues that exists. Asking for one that does not closes the channel: each gets its own. */
async function firstExisting(amqpUrl: string, queues: readonly string[]): Promise<string | undefined> {
  const connection = await openConnection(amqpUrl);
  try {
    for (const queue of queues) {
      const channel = await connection.createChannel();
      channel.on('error', () => undefined);
      const found = await channel.checkQueue(queue).then(
        () => true,
        () => false,
      );
      if (found) return queue;
    }
    return undefined;
  } finally {
    await connection.close();
  }
}

/** A channel and a way to empty queues between rounds. */
export async function openPurger(
  session: BenchSession,
): Promise<(queues: readonly string[]) => Promise<void>> {
  const channel: ConfirmChannel = await openChannel(session.amqpUrl, session.cleanUp);
  return async (queues) => {
    for (const queue of queues) await channel.purgeQueue(queue);
  };
}
