import type { Broker, BrokerLog } from '@heddle/broker';
import type { TaskAnnouncement } from '@heddle/contracts';
import { createMetrics } from '@heddle/service';
import { type ChannelModel, connect as connectRaw } from 'amqplib';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createVhost, type TestVhost } from '../../../test/support/broker.ts';
import { createTestDatabase, type TestDatabase } from '../test/open-test-store.ts';
import { connect, silent } from '../test/start-test-recorder.ts';
import { announceTasks } from './store/announce-tasks.ts';
import type { Store } from './store/open-database.ts';
import { QueueWatch } from './watch-queues.ts';

const task = (name: string): TaskAnnouncement => ({
  name,
  pool: 'event-loop',
  timeoutMs: 1_000,
  body: 'json',
  inputSchema: {},
});

describe('looking at queues', () => {
  let vhost: TestVhost;
  let database: TestDatabase;
  let store: Store;
  let broker: Broker;
  let stranger: ChannelModel;
  let watch: QueueWatch;
  let metrics: ReturnType<typeof createMetrics>;
  let warned: { readonly told: string; readonly queue: string }[];

  beforeAll(async () => {
    vhost = await createVhost();
    database = await createTestDatabase('SQLite');
    store = await database.open();
    broker = await connect(vhost, 'recorder');
    await broker.declareJobQueue('test.good');
    await announceTasks(store, [
      task('test.good'),
      task('test.gone'),
      task('test.locked'),
      { ...task('test.serial'), serial: { state: 'test', partitions: 1 } },
    ]);
    await broker.declareJobQueue('test.serial', { partitions: 1 });
    stranger = await connectRaw(vhost.url);
    const channel = await stranger.createChannel();
    // Nobody else may so much as look at it.
    await channel.assertQueue('heddle.jobs.test.locked', { exclusive: true });
    await channel.assertQueue('heddle.jobs.test.locked.suspect', { exclusive: true });
  });
  beforeEach(() => {
    metrics = createMetrics('recorder');
    warned = [];
    const log: BrokerLog = {
      ...silent,
      warn: (facts: unknown, told?: string) =>
        warned.push({ told: told ?? '', queue: (facts as { queue?: string }).queue ?? '' }),
    };
    const options = { store, broker, meters: metrics.meters, log, onTasks: () => undefined };
    watch = new QueueWatch(options);
  });
  afterAll(async () => {
    await stranger.close();
    await broker.close();
    await store.db.destroy();
    await database.remove();
    await vhost.drop();
  });

  const shown = async () => {
    const text = await metrics.registry.metrics();
    return [...text.matchAll(/heddle_queue_consumers\{.*?queue="heddle\.jobs\.(.+?)"/g)].map(
      ([, name]) => name,
    );
  };

  test('one that is gone, or may not be looked at, costs its own series and no others, and is told of once', async () => {
    await watch.look();
    expect((await shown()).toSorted()).toEqual(['test.good', 'test.good.suspect', 'test.serial']);
    expect(await metrics.registry.metrics()).toContain('queue="heddle.queries"');
    await watch.look();
    expect(warned.map(({ queue }) => queue).toSorted()).toEqual([
      'heddle.jobs.test.gone',
      'heddle.jobs.test.gone.suspect',
      'heddle.jobs.test.locked',
      'heddle.jobs.test.locked.suspect',
    ]);
  });

  test('one that comes back is shown again, and told of again when it goes', async () => {
    await watch.look();
    const channel = await stranger.createChannel();
    await channel.assertQueue('heddle.jobs.test.gone');
    await watch.look();
    expect(await shown()).toContain('test.gone');
    await channel.deleteQueue('heddle.jobs.test.gone');
    await watch.look();
    expect(await shown()).not.toContain('test.gone');
    expect(warned.filter(({ queue }) => queue === 'heddle.jobs.test.gone')).toHaveLength(2);
  });

  test('a look that fails altogether is told of once, and shows nothing old', async () => {
    const lost = { ...store, db: store.db.withSchema('nowhere') };
    await watch.look();
    const other = createMetrics('recorder');
    const log: BrokerLog = {
      ...silent,
      warn: (_: unknown, told?: string) => warned.push({ told: told ?? '', queue: '' }),
    };
    const failing = new QueueWatch({
      store: lost,
      broker,
      meters: other.meters,
      log,
      onTasks: () => undefined,
    });
    warned = [];
    await failing.look();
    await failing.look();
    expect(warned).toHaveLength(1);
    expect(await other.registry.metrics()).not.toContain('heddle_queue_consumers{');
  });
});
