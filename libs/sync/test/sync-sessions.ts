import { setTimeout as pause } from 'node:timers/promises';
import { type Channel, connect } from 'amqplib';
import { createVhost, type TestVhost } from '../../../test/support/broker.ts';
import { type AskedProcess, startAskedProcess } from '../../../test/support/start-asked-process.ts';
import { SyncSession } from '../src/session/sync-session.ts';
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
  const sessions: SyncSession[] = [];
  const processes: SyncProcess[] = [];
  const withChannel = async (work: (channel: Channel) => Promise<unknown>): Promise<void> => {
    const connection = await connect(vhost.url);
    try {
      await work(await connection.createChannel());
    } finally {
      await connection.close();
    }
  };
  const end = async (): Promise<void> => {
    await Promise.all(sessions.splice(0).map((session) => session.close()));
    await Promise.all(processes.splice(0).map((one) => one.kill()));
  };
  return {
    vhost,
    connect: async () => {
      const session = await SyncSession.connect({ url: vhost.url });
      sessions.push(session);
      return session;
    },
    start: async (heartbeatSeconds = 1) => {
      const started: SyncProcess = await startAskedProcess({
        module: new URL('sync-process.ts', import.meta.url),
        args: [vhost.url, String(heartbeatSeconds)],
        fromSources: true,
      });
      processes.push(started);
      return started;
    },
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
    end,
    stop: async () => {
      await end();
      await vhost.drop();
    },
  };
}
