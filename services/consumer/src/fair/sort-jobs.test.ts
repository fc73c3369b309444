import type { Consumer, Delivery } from '@heddle/broker';
import { defineTask } from '@heddle/client';
import { header } from '@heddle/contracts';
import { expect, it } from 'vitest';
import { z } from 'zod';
import { holdDelivery, received, someJob } from '../../test/held-delivery.ts';
import { recordingWorker } from '../../test/recording-worker.ts';
import { JobSorter } from './sort-jobs.ts';
import { LaneView } from './view-lanes.ts';

const task = defineTask({
  name: 'report.render',
  input: z.object({ tenant: z.string().optional() }),
  fair: {
    by: ({ tenant }, { tags }) => {
      if (tenant === undefined && tags.length === 0) throw new Error('whose is it?');
      return tenant ?? tags[0] ?? '';
    },
    lanes: 4,
  },
  run: () => 1,
});

/** A sorter that is given these jobs, and the tenants that it found. */
async function sort(...jobs: { input: unknown; tags?: string[]; chunk?: true }[]) {
  const worker = recordingWorker();
  let deliver: (delivery: Delivery) => void = () => undefined;
  const consume = (_queue: string, _options: object, onDelivery: typeof deliver) => {
    deliver = onDelivery;
    return Promise.resolve({ stop: () => Promise.resolve(), close: () => Promise.resolve() } as Consumer);
  };
  let sorted = 0;
  const sorter = new JobSorter(
    { broker: { consume }, worker, task, lanes: new LaneView(4), onSorted: () => (sorted += 1) },
    { onUnsorted: () => undefined, onGuard: () => Promise.resolve() },
  );
  await sorter.start();
  const deliveries = jobs.map((job) => holdDelivery(received(someJob({ task: task.name, ...job }))));
  for (const delivery of deliveries) deliver(delivery);
  await sorter.close();
  expect(deliveries.map(({ settled }) => settled)).toEqual(jobs.map(() => 'acked'));
  expect(sorted).toBe(jobs.length);
  return worker.publishedTo('heddle.lanes').map(({ properties }) => properties.headers?.[header.fairKey]);
}

it('finds the tenant in the checked input, in the tags, and in the first input of a chunk', async () => {
  const chunk = { input: { items: [{ tenant: 'c' }, { tenant: 'd' }] }, chunk: true } as const;
  expect(await sort({ input: { tenant: 'a' } }, { input: {}, tags: ['b'] })).toEqual(['a', 'b']);
  expect(await sort({ ...chunk, input: [{ tenant: 'c' }, { tenant: 'd' }] })).toEqual(['c']);
});

it('lets jobs that cannot be told apart share one key: `by` throws, or the input is invalid', async () => {
  expect(await sort({ input: {} }, { input: { tenant: 7 } }, { input: 'no object' })).toEqual(['', '', '']);
});

it('cuts a key that is too long', async () => {
  const [key] = await sort({ input: { tenant: 'x'.repeat(500) } });
  expect(key).toBe('x'.repeat(200));
});
