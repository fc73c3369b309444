import type { Channel, ChannelModel } from 'amqplib';

/**
 * Runs AMQP calls on a channel of their own, because a refused call closes its channel and fails everything on it.
 * Rejects with the broker's error, whose `code` is the AMQP reply code.
 */
export async function useChannel<T>(
  connection: ChannelModel,
  work: (channel: Channel) => Promise<T>,
): Promise<T> {
  const channel = await connection.createChannel();
  let open = true;
  channel.on('error', () => {});
  channel.on('handler-error', () => {});
  channel.on('close', () => (open = false));
  try {
    return await work(channel);
  } finally {
    if (open) await channel.close().catch(() => {});
  }
}
