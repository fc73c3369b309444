import { type Broker, connectBroker } from '@heddle/broker';
import { serialQueue } from '@heddle/contracts';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createVhost, type TestVhost } from '../../../../test/support/broker.ts';
import { recordingWorker } from '../../test/recording-worker.ts';
import { Partition } from './own-partition.ts';

let vhost: TestVhost;
let broker: Broker;
beforeEach(async () => {
  vhost = await createVhost();
  const { log } = recordingWorker();
  broker = await connectBroker({ url: vhost.url, service: 'test', instance: 'test', log });
});
afterEach(async () => {
  await broker.close();
  await vhost.drop();
});

it('a partition that was about to stand by is not taken any more once its worker ends', async () => {
  await broker.declareJobQueue('serial.task', { partitions: 1 });
  const partition = new Partition(broker, 'serial.task', 0, () => undefined);
  const consumers = async () => (await broker.inspectQueue(serialQueue('serial.task', 0)))?.consumers;
  await partition.setRole('owner', true);
  await expect.poll(consumers).toBe(1);
  const standsBy = partition.setRole('stand-by', true);
  await expect.poll(consumers).toBe(0);
  partition.stop();
  await standsBy;
  expect(await consumers()).toBe(0);
});
