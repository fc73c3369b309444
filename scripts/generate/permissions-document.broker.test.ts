import { type Broker, connectBroker, silentLog } from '@heddle/broker';
import { newJobId } from '@heddle/client';
import { encodeJob, laneQueue, type QueueName, WEBHOOK_TASK } from '@heddle/contracts';
import amqp from 'amqplib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createVhost, type TestVhost } from '../../test/support/broker.ts';
import { permissionsOf, services } from './permissions-document.ts';
import { exchangeRows, queueRows } from './topology-rows.ts';

type Service = (typeof services)[number];
/** The recorder comes first: it declares what is shared. Then those that declare job queues, without which nothing can rest on the ladder. */
const inOrder: readonly Service[] = ['consumer', 'notifier', 'gateway', 'producer'];
const recorderFirst: readonly Service[] = ['recorder', ...inOrder];
const FAIR = 'debug.echo';
const LIMIT = 'slots.debug.echo';
const SERIAL = 'ledger.deposit';
const taskOf = (service: string) => (service === 'notifier' ? WEBHOOK_TASK : 'debug.echo');
const realName = (row: string, service: string) =>
  row
    .replace('<task>', taskOf(service))
    .replace('<instance>', service)
    .replace('<lane>', `${FAIR}.0`)
    .replace('<partition>', `${SERIAL}.0`)
    .replace('<limit>', LIMIT);

describe('with the rights that docs/permissions.md gives it', () => {
  let vhost: TestVhost;
  beforeAll(async () => {
    vhost = await createVhost();
  });
  afterAll(() => vhost.drop());

  test.each(recorderFirst)(
    'the %s connects, declares what is its to declare, publishes and consumes',
    async (service) => {
      await vhost.setRights(permissionsOf(service));
      const broker = await connectAs(service, vhost);
      try {
        await publishEverywhere(broker, service);
        // Where nobody has made one yet it is not there; without the right to look this would be an error.
        if (service === 'gateway') expect(await broker.countMessages(laneQueue(FAIR, 0))).toBe(0);
        for (const { name, consumers, type, prefetch: planned } of queueRows) {
          if (!(consumers as readonly string[]).includes(service)) continue;
          const queue = realName(name, service) as QueueName;
          const prefetch = planned === 1 || type === 'job' ? 1 : 10;
          const consumer = await broker.consume(queue, { prefetch }, (delivery) => delivery.ack());
          expect(broker.health().reasons, `consuming ${queue}`).toEqual([]);
          expect(
            broker.health().consumers.find((one) => one.queue === queue),
            queue,
          ).toMatchObject({ state: 'consuming' });
          await consumer.close();
        }
      } finally {
        await broker.close();
      }
    },
  );

  test.each(services)('the %s may not publish or consume anything else', async (service) => {
    await vhost.setRights(permissionsOf(service));
    const connection = await amqp.connect(vhost.url);
    const allowed = {
      write: new RegExp(permissionsOf(service).write),
      read: new RegExp(permissionsOf(service).read),
    };
    for (const { name } of exchangeRows.filter((exchange) => !allowed.write.test(exchange.name))) {
      const channel = await connection.createConfirmChannel();
      const refused = new Promise((resolve) => channel.once('error', resolve));
      channel.publish(name, 'debug.echo', Buffer.from('1'));
      expect(String(await refused), `${service} publishing to ${name}`).toContain('ACCESS_REFUSED');
    }
    const shared = queueRows.map(({ name }) => name).filter((name) => !name.includes('<'));
    for (const name of shared.filter((queue) => !allowed.read.test(queue))) {
      const channel = await connection.createChannel();
      channel.on('error', () => {});
      await expect(channel.get(name), `${service} reading ${name}`).rejects.toThrow('ACCESS_REFUSED');
    }
    await connection.close();
  });
});

async function connectAs(service: Service, vhost: TestVhost): Promise<Broker> {
  const broker = await connectBroker({ url: vhost.url, service, instance: service, log: silentLog });
  if (service === 'recorder') await broker.declareEventLog();
  if (service === 'notifier') await broker.declareJobQueue(taskOf(service));
  if (service === 'consumer') {
    await broker.declareJobQueue(FAIR, { lanes: 2 });
    await broker.declareJobQueue(SERIAL, { partitions: 1 });
    await broker.declareTokens({ name: LIMIT, count: 1 });
  }
  return broker;
}

async function publishEverywhere(broker: Broker, service: Service): Promise<void> {
  for (const { name, publishers, carries } of exchangeRows) {
    if (!publishers.includes(service)) continue;
    if (name === 'heddle.delay.<ms>') {
      // Here the recorder starts before any task has a queue, and a job without one is not let rest.
      if (service !== 'recorder') await restJob(broker, service);
      continue;
    }
    // A mark, which nobody publishes to.
    if (name === 'heddle.sync.seeded.<object>') continue;
    const [kind = 'job'] = carries;
    const message = { kind: kind as never, body: Buffer.from('1'), properties: {} };
    if (name === 'heddle.rest.<ms>') continue;
    await broker.publisher.publish(name, 'debug.echo', message, { timeoutMs: 30_000 });
  }
}

/** Makes the rung that it needs. */
async function restJob(broker: Broker, service: Service): Promise<void> {
  const task = taskOf(service);
  const message = encodeJob({
    id: newJobId(),
    task,
    input: 1,
    priority: 4,
    generation: 0,
    attempt: 1,
    tags: [],
    acceptedAt: Date.now(),
    accepted: true,
  });
  await broker.publishLater(message, task, 60_000, { timeoutMs: 30_000 });
}
