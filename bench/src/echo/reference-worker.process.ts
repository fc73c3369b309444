/**
 * The echo reference's worker, `argv[2]` an AMQP URL, `argv[3]` its prefetch: consume → confirm a batched event → ack.
 */
import { randomUUID } from 'node:crypto';
import type { ConsumeMessage } from 'amqplib';
import { answerParent } from '../processes/answer-parent.ts';
import { openChannel } from '../queues/open-channel.ts';
import { reference } from '../queues/reference-queues.ts';
import { ReferenceEventBatches } from './reference-event-batches.ts';
import { succeeded } from './reference-messages.ts';

const [amqpUrl = '', prefetch = '1000'] = process.argv.slice(2);
const worker = `bench-reference-${process.pid}`;
const consuming = await openChannel(amqpUrl);
const publishing = await openChannel(amqpUrl);

/** Deliveries whose event is not confirmed yet, oldest first. */
let unconfirmed: ConsumeMessage[] = [];
const events = new ReferenceEventBatches(publishing, (count) => {
  const newest = unconfirmed[count - 1];
  unconfirmed = unconfirmed.slice(count);
  if (newest) consuming.ack(newest, true);
});

await consuming.prefetch(Number(prefetch));
await consuming.consume(reference.jobs, (message) => {
  if (!message) throw new Error('the broker has cancelled the consumer');
  const startedAt = Date.now();
  const input: unknown = JSON.parse(message.content.toString());
  unconfirmed.push(message);
  events.add(succeeded(String(message.properties.messageId), randomUUID(), worker, startedAt, input));
});
answerParent(() => Promise.reject(new Error('the worker answers no requests')));
