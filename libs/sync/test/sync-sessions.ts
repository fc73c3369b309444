import { setTimeout as pause } from 'node:timers/promises';
import { type Channel, connect } from 'amqplib';
import { createVhost, type TestVhost } from '../../../test/support/broker.ts';
import type { AskedProcess } from '../../../test/support/start-asked-process.ts';
import type { SyncSession } from '../src/session/sync-session.ts';
import { SessionSet } from './session-set.ts';
import type { Command } from './sync-process.ts';

/** Its news: the ids of the leases that it has lost. */
type SyncProcess = AskedProcess<Command, string>;

/** Sessions and processes on a virtual host of their own. */
export interface SyncSessions {
  readonly vhost: TestVhost;
  connect(): Promise<SyncSession>;
  start(heartbeatSeconds?: number): Promise<SyncProcess>;
  /** Resolves when so many consume from the queue. */
  consumersOf(queue: string, count: number): Promise<void>;
  deleteQueue(queue: string): Promise<void>;
  /** Sends to an object as a foreigner would. */
  publish(object: string, body: Buffer): Promise<void>;
  /** Ends what was opened since the last time. */
  end(): Promise<void>;
  stop(): Promise<void>;
}

export async function openSessions(): Promise<SyncSessions> {
  const vhost = await createVhost();
  const sessions = new SessionSet<Command, string>(vhost.url, new URL('sync-process.ts', import.meta.url));
  const withChannel = async (work: (channel: Channel) => Promise<unknown>): Promise<void> => {
    const connection = await connect(vhost.url);
    try {
      await work(await connection.createChannel());
    } finally {
      await connection.close();
    }
  };
  return {
    vhost,
    connect: () => sessions.connect(),
    start: (heartbeatSeconds) => sessions.start(heartbeatSeconds),
    consumersOf: async (queue, count) => {
      await withChannel(async (channel) => {
        while ((await channel.checkQueue(queue)).consumerCount !== count) await pause(10);
      });
    },
    deleteQueue: async (queue) => {
      await withChannel((channel) => channel.deleteQueue(queue));
    },
    publish: async (object, body) => {
      await withChannel(async (channel) => {
        channel.publish('heddle.sync', object, body);
        // The broker's answer says that it has taken in what came before.
        await channel.checkExchange('heddle.sync');
      });
    },
    end: () => sessions.end(),
    stop: async () => {
      await sessions.end();
      await vhost.drop();
    },
  };
}
