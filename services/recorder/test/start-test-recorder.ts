import { type Broker, type BrokerLog, connectBroker } from '@heddle/broker';
import { createMetrics } from '@heddle/service';
import type { Registry } from 'prom-client';
import type { TestVhost } from '../../../test/support/broker.ts';
import { startRecorder } from '../src/start-recorder.ts';
import type { TestDatabase } from './open-test-store.ts';

export const silent: BrokerLog = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
};

let instances = 0;
export async function connect(vhost: TestVhost, service: string): Promise<Broker> {
  const instance = `${service}-${process.pid}-${++instances}`;
  return await connectBroker({ url: vhost.url, service, instance, log: silent });
}

export interface TestRecorder {
  readonly broker: Broker;
  readonly registry: Registry;
  notReady(): readonly string[];
  /** As after SIGTERM. */
  stop(): Promise<void>;
}

/** A recorder in this process, on a connection of its own. */
export async function startTestRecorder(
  vhost: TestVhost,
  database: TestDatabase,
  retentionMs = 86_400_000,
): Promise<TestRecorder> {
  const broker = await connect(vhost, 'recorder');
  const { registry, meters } = createMetrics('recorder');
  const running = await startRecorder({
    broker,
    log: silent,
    meters,
    database: database.options,
    retentionMs,
  });
  return {
    broker,
    registry,
    notReady: () => running.notReady?.() ?? [],
    async stop() {
      await running.drain();
      await broker.close();
    },
  };
}
