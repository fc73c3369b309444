import amqp, { type Channel, type ChannelModel } from 'amqplib';
import { onTestFinished } from 'vitest';

/** By address, until the end of the test that was first to use it. */
const open = new Map<string, ChannelModel>();

async function onConnection<T>(url: string, work: (connection: ChannelModel) => Promise<T>): Promise<T> {
  const known = open.get(url);
  if (known) return work(known);
  const connection = await amqp.connect(url);
  connection.on('error', () => {});
  open.set(url, connection);
  onTestFinished(async () => {
    open.delete(url);
    await connection.close().catch(() => {});
  });
  return work(connection);
}

/** What the broker says to a message: 'confirmed', or why not. */
export function publishing(url: string, exchange: string, key: string): Promise<string> {
  return onConnection(url, async (connection) => {
    const channel = await connection.createConfirmChannel();
    return new Promise((resolve) => {
      channel.once('error', (error: Error) => resolve(error.message));
      channel.publish(exchange, key, Buffer.from('1'), {}, (error) => error || resolve('confirmed'));
    });
  });
}

/** What the broker says to something that is done on a channel of its own: 'allowed', or why not. */
export function onChannel(url: string, work: (channel: Channel) => Promise<unknown>): Promise<string> {
  return onConnection(url, async (connection) => {
    const channel = await connection.createChannel();
    channel.on('error', () => {});
    return work(channel).then(
      () => 'allowed',
      (error: Error) => error.message,
    );
  });
}
