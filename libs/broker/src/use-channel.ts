import type { Channel, ChannelModel } from 'amqplib';
import { closeChannel } from './close-channel.ts';

/** Runs AMQP calls on a channel; rejects with the broker's error, whose `code` is the AMQP reply code. */
export type RunOnChannel = <T>(work: (channel: Channel) => Promise<T>) => Promise<T>;

/**
 * Lends throw-away channels for AMQP calls that the broker may refuse, because a refusal closes the channel and fails
 * everything on it: the same channel from call to call, and a new one after each refusal.
 */
export async function useChannels<T>(
  connection: ChannelModel,
  body: (run: RunOnChannel) => Promise<T>,
): Promise<T> {
  let current: Channel | undefined;
  const open = async (): Promise<Channel> => {
    const channel = await connection.createChannel();
    channel.on('error', () => {});
    channel.on('handler-error', () => {});
    channel.on('close', () => {
      if (current === channel) current = undefined;
    });
    return channel;
  };
  try {
    return await body(async (work) => {
      current ??= await open();
      return work(current);
    });
  } finally {
    if (current) await closeChannel(current);
  }
}

/** Runs one piece of work on a throw-away channel. */
export function useChannel<T>(connection: ChannelModel, work: (channel: Channel) => Promise<T>): Promise<T> {
  return useChannels(connection, (run) => run(work));
}

/** Channels over which many things are declared at once. */
const AT_ONCE = 8;

/** Some at a time: one after the other, hundreds of quorum queues take a while. */
export async function inParallel<T>(
  connection: ChannelModel,
  all: readonly T[],
  declare: (run: RunOnChannel, one: T) => Promise<void>,
): Promise<void> {
  const left = all.values();
  const work = () =>
    useChannels(connection, async (run) => {
      for (const one of left) await declare(run, one);
    });
  await Promise.all(Array.from({ length: AT_ONCE }, work));
}
