import type { Channel } from 'amqplib';

/**
 * Closes a channel; resolves when the broker has agreed, or when the channel is gone anyway. (The promise of amqplib's
 * own `close` never settles if the connection is lost while it waits.)
 */
export function closeChannel(channel: Channel): Promise<void> {
  return new Promise((resolve) => {
    channel.once('close', () => resolve());
    channel.close().then(resolve, () => resolve());
  });
}
