/** The wait reference's worker, `argv[2]` an AMQP URL: sends each request's body to its `replyTo`, then acks. */
import { answerParent } from '../processes/answer-parent.ts';
import { openChannel } from '../queues/open-channel.ts';
import { reference } from '../queues/reference-queues.ts';

const channel = await openChannel(process.argv[2] ?? '');
await channel.prefetch(100);
await channel.consume(reference.jobs, (message) => {
  if (!message) throw new Error('the broker has cancelled the consumer');
  const { replyTo, correlationId } = message.properties as { replyTo: string; correlationId: string };
  channel.publish('', replyTo, message.content, { correlationId });
  channel.ack(message);
});
answerParent(() => Promise.reject(new Error('the worker answers no requests')));
