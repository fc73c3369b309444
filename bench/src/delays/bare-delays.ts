import { randomUUID } from 'node:crypto';
import { echoInput, jobOptions } from '../echo/reference-messages.ts';
import type { BenchSession } from '../harness/benchmark.ts';
import { brokerVersion, openChannel } from '../queues/open-channel.ts';
import { declareReferenceQueues, reference } from '../queues/reference-queues.ts';

/**
 * Messages over bare amqplib through one quorum queue with that TTL, as the ladder's rungs are, into a queue of the kind that
 * jobs have. Resolves with a function that sends so many and gives how late each came, in milliseconds.
 */
export async function startBareDelays(
  session: BenchSession,
  delayMs: number,
): Promise<(count: number) => Promise<number[]>> {
  const publishing = await openChannel(session.amqpUrl, session.cleanUp);
  const consuming = await openChannel(session.amqpUrl, session.cleanUp);
  await declareReferenceQueues(publishing, await brokerVersion(session.amqpUrl), session.cleanUp);
  const rung = `bench.delay.${delayMs}`;
  await publishing.assertQueue(rung, {
    durable: true,
    arguments: {
      'x-queue-type': 'quorum',
      'x-message-ttl': delayMs,
      'x-dead-letter-exchange': reference.jobs,
      'x-dead-letter-routing-key': reference.task,
      'x-dead-letter-strategy': 'at-least-once',
      'x-overflow': 'reject-publish',
    },
  });
  session.cleanUp.add("remove the reference's delay queue", async () => {
    await publishing.deleteQueue(rung);
  });
  let late: number[] = [];
  let onAll: () => void = () => undefined;
  let expected = 0;
  await consuming.prefetch(300);
  await consuming.consume(reference.jobs, (message) => {
    if (!message) throw new Error('the broker has cancelled the consumer');
    late.push(Date.now() - Number(message.properties.headers?.['heddle-accepted-at']) - delayMs);
    consuming.ack(message);
    if (late.length === expected) onAll();
  });
  return async (count) => {
    late = [];
    expected = count;
    const all = new Promise<void>((resolve) => {
      onAll = resolve;
    });
    for (let index = 0; index < count; index += 1) {
      const body = Buffer.from(JSON.stringify(echoInput(index)));
      publishing.sendToQueue(rung, body, jobOptions(randomUUID(), Date.now()));
    }
    await publishing.waitForConfirms();
    await all;
    return late;
  };
}
