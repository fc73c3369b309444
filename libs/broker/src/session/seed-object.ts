import { setTimeout as pause } from 'node:timers/promises';
import {
  HeddleError,
  RuntimeError,
  type SyncObject,
  type SyncSeed,
  syncNames,
  ValueError,
} from '@heddle/contracts';
import type { Channel, ChannelModel, ConfirmChannel } from 'amqplib';
import { messageOf, replyCode, replyCodeOf } from '../amqp-error.ts';
import { closeChannel } from '../close-channel.ts';
import { versionOf } from '../open-connection.ts';
import { queueDeclaration } from '../queue-arguments.ts';
import { useChannel } from '../use-channel.ts';
import { toPublishOptions } from '../wire-properties.ts';

/** Leads to every object, by its name. */
export const EXCHANGE = 'heddle.sync';
/** How often somebody else's seeding is looked at. */
const LOOK_EVERY_MS = 30;

/**
 * Puts in what an object begins with, once, however many processes try and wherever one of them dies:
 *
 * 1. The mark is there, and the queue: somebody has done it.
 * 2. A mutex: an exclusive queue, which goes with the connection of its holder.
 * 3. Declare the queue, empty it of what a seeder that died has left, put in all messages, wait for their confirms.
 * 4. Set the mark. Nobody takes anything out before it is there.
 *
 * A message whose confirm did not come is never sent again: the seeding begins anew, with emptying.
 *
 * Who may not make objects uses those that were made beforehand. Throws `RuntimeError` if this one was not, and if something else
 * has its queue's name.
 * Resolves with the exchange that leads to it: everybody's, or for who may not make it the mark.
 */
export async function seedObject(
  connection: ChannelModel,
  seed: SyncSeed,
  deadline: number,
): Promise<string> {
  const { object, store } = seed;
  try {
    if ((await seedOnce(connection, seed, deadline)) === 'found') return syncNames.seeded(object);
    if (seed.beforehand) {
      await useChannel(connection, (channel) =>
        channel.bindQueue(syncNames[store](object), syncNames.seeded(object), ''),
      );
    }
    return EXCHANGE;
  } catch (error) {
    const code = replyCodeOf(error);
    if (code === replyCode.preconditionFailed) {
      throw new RuntimeError(`${object} cannot be made: ${messageOf(error)}`, { cause: error });
    }
    if (code !== replyCode.accessRefused) throw error;
    const why = `${object} is not there for this user, who may not make it: ${howToMake(object, seed.count)} makes it`;
    throw new RuntimeError(why, { cause: error });
  }
}

/** The command that makes an object for those who may not, whoever has made it before: of a semaphore, with so many permits. */
export function howToMake(object: SyncObject, permits: number | 'PERMITS' = 'PERMITS'): string {
  const size = /^(bounded-)?semaphore\./.test(object) ? `=${permits}` : '';
  return `npm run topology -- declare --sync ${object}${size}`;
}

/** What it is to this user, if it is there. */
type Seeded = 'its own' | 'found';

async function seedOnce(connection: ChannelModel, seed: SyncSeed, deadline: number): Promise<Seeded> {
  const { object } = seed;
  for (;;) {
    const seeded = await isSeeded(connection, seed);
    if (seeded) return seeded;
    const mutex = syncNames.seeding(object);
    if (await takeMutex(connection, mutex)) {
      try {
        if (!(await isSeeded(connection, seed))) await putIn(connection, seed);
      } finally {
        await useChannel(connection, (channel) => channel.deleteQueue(mutex)).catch(() => {});
      }
      return 'its own';
    }
    if (Date.now() > deadline) {
      throw new HeddleError('broker_unavailable', `somebody else has not finished making ${object}`);
    }
    await pause(LOOK_EVERY_MS);
  }
}

/** Throws `ValueError` if it is there with another number of permits; who may not make marks cannot know here, and learns it from the tokens. */
async function isSeeded(connection: ChannelModel, seed: SyncSeed): Promise<Seeded | undefined> {
  const mark = syncNames.seeded(seed.object);
  if (!(await exists(connection, (channel) => channel.checkExchange(mark)))) return undefined;
  const queue = syncNames[seed.store](seed.object);
  if (!(await exists(connection, (channel) => channel.checkQueue(queue)))) return undefined;
  try {
    await useChannel(connection, (channel) => setMark(channel, seed));
  } catch (error) {
    const code = replyCodeOf(error);
    if (code === replyCode.accessRefused) return 'found';
    if (code !== replyCode.preconditionFailed) throw error;
    throw new ValueError(`${seed.object} exists with another number of permits than ${seed.count}`);
  }
  return 'its own';
}

/** The number of permits is kept as the name of an alternate exchange, one of the few things that the broker compares. */
async function setMark(channel: Channel, { object, count }: SyncSeed): Promise<void> {
  const alternateExchange = syncNames.permits(count);
  await channel.assertExchange(syncNames.seeded(object), 'fanout', { durable: true, alternateExchange });
}

async function takeMutex(connection: ChannelModel, mutex: string): Promise<boolean> {
  try {
    await useChannel(connection, (channel) =>
      channel.assertQueue(mutex, { exclusive: true, durable: false }),
    );
    return true;
  } catch (error) {
    if (replyCodeOf(error) === replyCode.resourceLocked) return false;
    throw error;
  }
}

async function putIn(connection: ChannelModel, seed: SyncSeed): Promise<void> {
  const { object, store } = seed;
  const queue = syncNames[store](object);
  const { durable, arguments: args } = queueDeclaration(
    `heddle.sync.${store}.<object>`,
    versionOf(connection),
  );
  // Of an object whose queue somebody has deleted: it may come back with other permits.
  await useChannel(connection, (channel) => channel.deleteExchange(syncNames.seeded(object)));
  await useChannel(connection, (channel) =>
    channel.assertExchange(EXCHANGE, 'direct', { durable: true }),
  ).catch(allowForbidden);
  await useChannel(connection, async (channel) => {
    await channel.assertQueue(queue, { durable, arguments: args });
    await channel.bindQueue(queue, EXCHANGE, object);
    if (store === 'tokens') await channel.purgeQueue(queue);
  });
  const publishing = await connection.createConfirmChannel();
  try {
    await sendAll(publishing, seed);
    await setMark(publishing, seed);
  } finally {
    await closeChannel(publishing);
  }
}

function sendAll(channel: ConfirmChannel, { object, count, message }: SyncSeed): Promise<unknown> {
  // Known before amqplib calls back for what is in flight.
  let reason: Error | undefined;
  channel.on('error', (error: Error) => (reason = error));
  const sent = Array.from(
    { length: count },
    (_, index) =>
      new Promise<void>((resolve, reject) => {
        const { body, properties } = message(index);
        const options = toPublishOptions(properties, properties.messageId, false);
        channel.publish(EXCHANGE, object, body, options, (error: Error | null) => {
          if (error) reject(whyNotConfirmed(object, reason ?? error));
          else resolve();
        });
      }),
  );
  return Promise.all(sent);
}

/** A missing right, which does not pass, as the broker told it; else it refused the message, or the connection went: amqplib calls back alike. */
function whyNotConfirmed(object: SyncObject, reason: Error): Error {
  if (replyCodeOf(reason) === replyCode.accessRefused) return reason;
  return new HeddleError('broker_unavailable', `${object}: a token was not confirmed`, { cause: reason });
}

async function exists(
  connection: ChannelModel,
  check: (channel: Channel) => Promise<unknown>,
): Promise<boolean> {
  try {
    await useChannel(connection, check);
    return true;
  } catch (error) {
    if (replyCodeOf(error) === replyCode.notFound) return false;
    throw error;
  }
}

/** Where declaring what is shared is forbidden, the recorder has done it. */
function allowForbidden(error: unknown): void {
  if (replyCodeOf(error) !== replyCode.accessRefused) throw error;
}
