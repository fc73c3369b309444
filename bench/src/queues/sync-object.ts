import { type SyncObject, syncNames } from '@heddle/contracts';
import { SyncSession } from '@heddle/sync';
import type { BenchSession } from '../harness/benchmark.ts';
import { openConnection } from './open-channel.ts';

/** A session of the toolbox, closed at the end. */
export async function openSyncSession(session: BenchSession, name: string): Promise<SyncSession> {
  const opened = await SyncSession.connect({ url: session.amqpUrl, name: `${name}-${process.pid}` });
  session.cleanUp.add(`close ${name}`, () => opened.close());
  return opened;
}

/** Removes what belongs to a named object, at the end. */
export function removeSyncObject(session: BenchSession, object: SyncObject): void {
  session.cleanUp.add(`remove ${object}`, async () => {
    const connection = await openConnection(session.amqpUrl);
    const channel = await connection.createChannel();
    await channel.deleteQueue(syncNames.tokens(object));
    await channel.deleteQueue(syncNames.items(object));
    await channel.deleteExchange(syncNames.seeded(object));
    await connection.close();
  });
}

/** A durable quorum queue of the reference's own, empty, removed at the end. */
export async function declareReferenceQueue(session: BenchSession, queue: string): Promise<void> {
  const connection = await openConnection(session.amqpUrl, session.cleanUp);
  const channel = await connection.createChannel();
  await channel.deleteQueue(queue);
  await channel.assertQueue(queue, { durable: true, arguments: { 'x-queue-type': 'quorum' } });
  session.cleanUp.add(`remove ${queue}`, () => channel.deleteQueue(queue));
}
