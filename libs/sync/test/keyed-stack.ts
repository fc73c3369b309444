import { type Broker, connectBroker, silentLog } from '@heddle/broker';
import { createVhost, type TestVhost } from '../../../test/support/broker.ts';
import { type InProcessService, InProcessStack } from '../../../test/support/in-process-stack.ts';
import type { AskedProcess } from '../../../test/support/start-asked-process.ts';
import type { SyncSession } from '../src/session/sync-session.ts';
import type { KeyedCall } from './keyed-process.ts';
import { SessionSet } from './session-set.ts';

export type KeyedProcess = AskedProcess<KeyedCall>;

/** A recorder on a virtual host of its own, with sessions and processes. */
export interface KeyedStack {
  readonly vhost: TestVhost;
  connect(): Promise<SyncSession>;
  connectBroker(): Promise<Broker>;
  /** `heartbeatSeconds`: default 1, for one that is frozen. */
  start(heartbeatSeconds?: number): Promise<KeyedProcess>;
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
  const sessions = new SessionSet<KeyedCall>(vhost.url, new URL('keyed-process.ts', import.meta.url));
  return {
    vhost,
    connect: () => sessions.connect(),
    connectBroker: () =>
      connectBroker({ url: vhost.url, service: 'test', instance: `test-${process.pid}`, log: silentLog }),
    start: (heartbeatSeconds) => sessions.start(heartbeatSeconds),
    stopRecorder: () => recorder.stop(),
    startRecorder: async () => {
      recorder = await services.startRecorder();
    },
    end: () => sessions.end(),
    stop: async () => {
      await sessions.end();
      await services.stop();
      await vhost.drop();
    },
  };
}
