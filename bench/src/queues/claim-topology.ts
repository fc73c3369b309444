import { delayName, jobQueue, rungFor, sharedExchanges, sharedQueues, suspectQueue } from '@heddle/contracts';
import type { ConfirmChannel } from 'amqplib';
import type { BenchSession } from '../harness/benchmark.ts';
import { openChannel, openConnection } from './open-channel.ts';

/**
 * Makes sure that no Heddle lives on this virtual host, whose jobs a benchmark would take, and that every queue and
 * exchange of Heddle's is removed at the end. `tasks`: those whose job queues the benchmark's services will declare; `delaysMs`:
 * the delays it uses.
 */
export async function claimTopology(
  session: BenchSession,
  tasks: readonly string[],
  delaysMs: readonly number[] = [],
): Promise<void> {
  const queues = [...sharedQueues, ...tasks.flatMap((task) => [jobQueue(task), suspectQueue(task)])];
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
