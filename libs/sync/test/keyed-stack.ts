import { type Broker, connectBroker, silentLog } from '@heddle/broker';
import { createVhost, type TestVhost } from '../../../test/support/broker.ts';
import { type InProcessService, InProcessStack } from '../../../test/support/in-process-stack.ts';
import { type AskedProcess, startAskedProcess } from '../../../test/support/start-asked-process.ts';
import { SyncSession } from '../src/session/sync-session.ts';
import type { KeyedCall } from './keyed-process.ts';

export type KeyedProcess = AskedProcess<KeyedCall>;

/** A recorder on a virtual host of its own, with sessions and processes. */
export interface KeyedStack {
  readonly vhost: TestVhost;
  connect(): Promise<SyncSession>;
  connectBroker(): Promise<Broker>;
  start(): Promise<KeyedProcess>;
  stopRecorder(): Promise<void>;
  startRecorder(): Promise<void>;
  /** Ends the sessions and processes that were opened since the last time. */
  end(): Promise<void>;
  stop(): Promise<void>;
}

/** `vhost`: default, one on the shared node. */
export async function openKeyedStack(given?: TestVhost): Promise<KeyedStack> {
  const vhost = given ?? (await createVhost());
  const services = new InProcessStack(vhost.url);
  let recorder: InProcessService = await services.startRecorder();
  const sessions: SyncSession[] = [];
  const processes: KeyedProcess[] = [];
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
    connectBroker: () =>
      connectBroker({ url: vhost.url, service: 'test', instance: `test-${process.pid}`, log: silentLog }),
    start: async () => {
      const started: KeyedProcess = await startAskedProcess({
        module: new URL('keyed-process.ts', import.meta.url),
        args: [vhost.url],
        fromSources: true,
      });
      processes.push(started);
      return started;
    },
    stopRecorder: () => recorder.stop(),
    startRecorder: async () => {
      recorder = await services.startRecorder();
    },
    end,
    stop: async () => {
      await end();
      await services.stop();
      await vhost.drop();
    },
  };
}
