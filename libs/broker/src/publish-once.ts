import { HeddleError, type WireMessage } from '@heddle/contracts';
import type { ChannelModel } from 'amqplib';
import { closeChannel } from './close-channel.ts';
import { toPublishOptions } from './wire-properties.ts';

/** Publishes on a channel of its own, which ends with it. Resolves when all are confirmed; nothing is sent a second time. */
export async function publishOnce(
  connection: ChannelModel | undefined,
  exchange: string,
  routingKey: string,
  messages: readonly WireMessage[],
): Promise<void> {
  if (!connection) throw new HeddleError('broker_unavailable', 'no connection to the broker');
  const channel = await connection.createConfirmChannel();
  let failure: Error | undefined;
  channel.on('error', (error: Error) => (failure = error));
  channel.on('handler-error', () => {});
  const closed = new Promise<never>((_, reject) => {
    channel.once('close', () => reject(failure ?? new Error('the channel was closed')));
  });
  closed.catch(() => {});
  try {
    for (const { body, properties } of messages) {
      channel.publish(exchange, routingKey, body, toPublishOptions(properties, properties.messageId, false));
    }
    await Promise.race([channel.waitForConfirms(), closed]);
  } finally {
    await closeChannel(channel);
  }
}
