import { randomUUID } from 'node:crypto';
import { echoInput, jobOptions } from '../echo/reference-messages.ts';
import type { BenchSession } from '../harness/benchmark.ts';
import { startReference } from '../processes/start-reference.ts';
import { brokerVersion, openChannel } from '../queues/open-channel.ts';
import { declareReferenceQueues, reference } from '../queues/reference-queues.ts';

/**
 * One request and its reply over bare amqplib: a durable message through a queue of the kind that jobs have to a worker in another
 * process, and its answer to a queue of our own. Nothing is confirmed, and nothing is remembered.
 */
export async function startRoundTrips(session: BenchSession): Promise<(index: number) => Promise<void>> {
  const channel = await openChannel(session.amqpUrl, session.cleanUp);
  await declareReferenceQueues(channel, await brokerVersion(session.amqpUrl), session.cleanUp);
  await startReference(session, 'wait/echo-replies.process', [session.amqpUrl]);
  const { queue: replyTo } = await channel.assertQueue('', { exclusive: true });
  const waiting = new Map<string, () => void>();
  await channel.consume(replyTo, (message) => waiting.get(String(message?.properties.correlationId))?.(), {
    noAck: true,
  });
  return async (index) => {
    const correlationId = randomUUID();
    const replied = new Promise<void>((resolve) => waiting.set(correlationId, resolve));
    const body = Buffer.from(JSON.stringify(echoInput(index)));
    const options = { ...jobOptions(correlationId, Date.now()), replyTo, correlationId };
    channel.publish(reference.jobs, reference.task, body, options);
    await replied;
    waiting.delete(correlationId);
  };
}
