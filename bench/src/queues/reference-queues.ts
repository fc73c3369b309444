import type { Channel, Options } from 'amqplib';
import type { CleanUp } from '../harness/clean-up.ts';

const MAX_PRIORITY = 9;

/** How Heddle declares a queue of jobs on this broker (DESIGN.md, "Topology adapts to the broker"). */
export function jobQueueOptions(brokerVersion: string): Options.AssertQueue {
  const [major = 0, minor = 0] = brokerVersion.split('.').map(Number);
  if (major > 4 || (major === 4 && minor >= 3)) {
    return { durable: true, arguments: { 'x-queue-type': 'quorum', 'x-delivery-limit': -1 } };
  }
  return { durable: true, maxPriority: MAX_PRIORITY };
}

const quorum: Options.AssertQueue = { durable: true, arguments: { 'x-queue-type': 'quorum' } };

/** The names that the references' own queues and exchanges have. */
export const reference = {
  jobs: 'bench.jobs',
  events: 'bench.events',
  task: 'bench.echo',
  eventKey: 'event',
} as const;

/** Declares the echo reference's two exchanges and two queues, of the types that Heddle's have, and removes them at the end. */
export async function declareReferenceQueues(
  channel: Channel,
  version: string,
  cleanUp: CleanUp,
): Promise<void> {
  const names = [reference.jobs, reference.events] as const;
  const remove = async (): Promise<void> => {
    for (const name of names) {
      await channel.deleteQueue(name);
      await channel.deleteExchange(name);
    }
  };
  await remove();
  cleanUp.add("remove the reference's queues", remove);
  await channel.assertExchange(reference.jobs, 'topic', { durable: true });
  await channel.assertExchange(reference.events, 'direct', { durable: true });
  await channel.assertQueue(reference.jobs, jobQueueOptions(version));
  await channel.assertQueue(reference.events, quorum);
  await channel.bindQueue(reference.jobs, reference.jobs, reference.task);
  await channel.bindQueue(reference.events, reference.events, reference.eventKey);
}
