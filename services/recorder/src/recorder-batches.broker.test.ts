import { type Broker, EventPublisher } from '@heddle/broker';
import { newJobId, RecorderClient } from '@heddle/client';
import { type BatchPlan, decodeProducerMessage, type JobEvent } from '@heddle/contracts';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { createVhost, type TestVhost } from '../../../test/support/broker.ts';
import { setup as startPostgres } from '../../../test/support/global-postgres.ts';
import type { ServiceProcess } from '../../../test/support/service-process.ts';
import { accepted, failed, succeeded } from '../test/job-events.ts';
import { createTestDatabase, databaseKinds, type TestDatabase } from '../test/open-test-store.ts';
import { spawnRecorder } from '../test/spawn-recorder.ts';
import { connect } from '../test/start-test-recorder.ts';

describe.each(databaseKinds)('recorders that are killed, on %s,', (kind) => {
  let stopPostgres: (() => Promise<void>) | undefined;
  let vhost: TestVhost;
  let database: TestDatabase;
  let broker: Broker;
  const recorders: ServiceProcess[] = [];

  beforeAll(async () => {
    if (kind === 'PostgreSQL') stopPostgres = await startPostgres();
    vhost = await createVhost();
    database = await createTestDatabase(kind);
    broker = await connect(vhost, 'client');
  });
  afterAll(async () => {
    for (const recorder of recorders) await recorder.kill();
    await broker.close();
    await vhost.drop();
    await database.remove();
    await stopPostgres?.();
  });

  const start = async () => {
    const recorder = await spawnRecorder(vhost, database);
    recorders.push(recorder);
    return recorder;
  };

  test('count a batch exactly once, though everything comes twice', async () => {
    const TOTAL = 6_000;
    const client = new RecorderClient(broker);
    const events = new EventPublisher(broker.publisher);
    const completions = new Set<string>();
    await broker.consume('heddle.producer', { prefetch: 100 }, (delivery) => {
      const decoded = decodeProducerMessage(delivery.message);
      if (decoded.ok && decoded.value.type === 'batch-complete') completions.add(decoded.value.reduceJob);
      delivery.ack();
    });
    let recorder = await start();
    if (kind === 'PostgreSQL') await start();
    const id = newJobId();
    const plan: BatchPlan = {
      id,
      task: 'debug.echo',
      total: TOTAL,
      reduce: { task: 'debug.sum' },
      onFailure: 'collect',
      options: {},
      acceptedAt: Date.now(),
    };
    const source = { range: { from: 0, to: TOTAL, chunk: 1 }, input: {} };
    await client.ask({ op: 'create-batch', plan, source });
    const ofJob = (index: number): JobEvent[] => {
      const job = newJobId();
      // Of today, or the recorder would delete them as too old.
      const at = Date.now();
      const end = index % 3 === 0 ? failed(job, 'task_failed', { at }) : succeeded(job, { at });
      return [accepted(job, { at, batch: { id, index } }), end];
    };
    const all = Array.from({ length: TOTAL }, (_, index) => ofJob(index)).flat();
    const counted = async () => {
      const { counts } = await client.ask({ op: 'batch', id });
      return counts.succeeded + counts.failed;
    };
    const published = [events.addAll(all), events.addAll(all.toReversed())];
    for (const part of [0.1, 0.4]) {
      const beyond = TOTAL * part;
      const ready = async () => expect(await counted()).toBeGreaterThan(beyond);
      await vi.waitFor(ready, { timeout: 30_000, interval: 5 });
      await recorder.kill();
      recorder = await start();
    }
    await Promise.all(published);
    const complete = async () => {
      const batch = await client.ask({ op: 'batch', id });
      const failures = TOTAL / 3;
      expect(batch.counts).toMatchObject({ succeeded: TOTAL - failures, failed: failures, total: TOTAL });
      expect([...completions]).toEqual([batch.reduceJob]);
      expect(await broker.countMessages('heddle.events.recorder')).toBe(0);
    };
    await vi.waitFor(complete, { timeout: 60_000, interval: 100 });
  });
});
