import type { Delivery } from '@heddle/broker';
import { newJobId } from '@heddle/client';
import { encodeControl, encodeJob, jobQueue, laneKey, laneQueue, tokenQueue } from '@heddle/contracts';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { builtFile } from '../../../test/support/built-file.ts';
import { openGate } from '../../../test/support/tasks/gates.ts';
import { someJob } from '../test/held-delivery.ts';
import { until } from '../test/open-test-pool.ts';
import { type RunningWorker, runWorker } from '../test/running-worker.ts';
import { atGates, begun, forgetBegun, load } from '../test/tasks/fair-tasks.ts';

const TASKS = builtFile(new URL('../test/tasks/fair-tasks.ts', import.meta.url));

let worker: RunningWorker;
beforeEach(async () => {
  forgetBegun();
  worker = await runWorker({ HEDDLE_TASKS: TASKS });
});
afterEach(() => worker.close());

const submit = (task: string, tenant: string, jobs: number, ms = 0, gate?: (n: number) => string) =>
  Promise.all(
    Array.from({ length: jobs }, async (_, n) => {
      const { id } = await worker.submitter.submit({ task, input: { tenant, ms, gate: gate?.(n) } });
      return id;
    }),
  );
/** Resolves when all jobs of the task lie in their lanes, or are with a worker. */
const untilSorted = (task: string) =>
  expect
    .poll(async () => {
      const queue = (await worker.vhost.listQueues()).find(({ name }) => name === jobQueue(task));
      return queue && queue.ready + queue.unacked;
    })
    .toBe(0);
const allEnd = async (ids: readonly string[]) => {
  const ends = await Promise.all(ids.map((id) => worker.ended(id)));
  return [...new Set(ends.map(({ type }) => type))];
};
/** How many jobs of others began before the last of this tenant. */
const othersBefore = (tenant: string) =>
  begun.slice(0, begun.lastIndexOf(tenant)).filter((other) => other !== tenant).length;
const waiting = async (task: string) => {
  const queues = [jobQueue(task), ...Array.from({ length: 8 }, (_, lane) => laneQueue(task, lane))];
  const counts = await Promise.all(queues.map((queue) => worker.broker.countMessages(queue)));
  return counts.reduce((sum, count) => sum + count, 0);
};
const pause = async (task: string) => {
  await worker.publish('heddle.control', '', encodeControl({ type: 'paused', tasks: [task] }));
  const consumers = () => worker.broker.inspectQueue(laneQueue(task, 0));
  await expect.poll(consumers).toMatchObject({ consumers: 0 });
};
const resume = () => worker.publish('heddle.control', '', encodeControl({ type: 'paused', tasks: [] }));

describe('a task with fair shares', () => {
  it('lets the few jobs of a tenant pass the many of another', async () => {
    const many = await submit('fair.one', 'large', 150, 2, () => 'all are there');
    await until(() => begun.length > 0);
    const few = await submit('fair.one', 'small', 5, 2);
    await untilSorted('fair.one');
    openGate('all are there');
    expect(await allEnd(few)).toEqual(['succeeded']);
    expect(othersBefore('small')).toBeLessThan(100);
    expect(await allEnd(many)).toEqual(['succeeded']);
    expect(begun).toHaveLength(155);
  });

  it('can be paused, and serves tenants by their weights when it is resumed', async () => {
    await pause('fair.one');
    const jobs = await Promise.all(
      ['heavy', 'light'].map((tenant) => submit('fair.one', tenant, 12, 100, () => 'resumed')),
    );
    await expect.poll(() => waiting('fair.one')).toBe(24);
    expect(begun).toEqual([]);
    await resume();
    await untilSorted('fair.one');
    openGate('resumed');
    expect(await allEnd(jobs.flat())).toEqual(['succeeded']);
    const light = begun.slice(0, 12).filter((tenant) => tenant === 'light').length;
    // Three, if the machine had nothing else to do.
    expect(light).toBeLessThan(6);
    expect(light).toBeGreaterThan(0);
  });

  it('keeps to a limit too, on all workers together', async () => {
    await worker.another();
    const jobs = await Promise.all(
      ['a', 'b', 'c'].map((tenant) => submit('fair.limited', tenant, 10, 10, () => 'two run')),
    );
    await until(() => load.running === 2);
    openGate('two run');
    expect(await allEnd(jobs.flat())).toEqual(['succeeded']);
    expect([load.most, begun.length]).toEqual([2, 30]);
    await pause('fair.limited');
    const more = await submit('fair.limited', 'a', 3);
    await expect.poll(() => waiting('fair.limited')).toBe(3);
    await resume();
    expect(await allEnd(more)).toEqual(['succeeded']);
  });

  it('goes on when it gets back the tokens of its limit that others had', async () => {
    const limit = 'slots.fair.limited';
    const tenants = ['a', 'b', 'c', 'd'];
    const gates = new Set<string>();
    const gateOf = (tenant: string, n: number) => {
      const gate = `${tenant}-${n}`;
      gates.add(gate);
      return gate;
    };
    const jobs = await Promise.all(
      tenants.map((tenant) => submit('fair.limited', tenant, 10, 1, (n) => gateOf(tenant, n))),
    );
    await until(() => atGates.length === 2);
    const elsewhere: Delivery[] = [];
    const other = await worker.broker.consume(
      tokenQueue(limit),
      { prefetch: 2, priority: 20 },
      (token) => void elsewhere.push(token),
    );
    await worker.publish('heddle.control', '', encodeControl({ type: 'recall-tokens', limit }));
    // A token goes back when its job ends; those jobs that begin before the worker has heard of it are few.
    await expect
      .poll(
        () => {
          for (const gate of atGates) openGate(gate);
          return elsewhere.length;
        },
        { interval: 300 },
      )
      .toBe(2);
    // What it holds goes back, and is not sorted again.
    const unsorted = () => worker.broker.countMessages(jobQueue('fair.limited'));
    await expect.poll(unsorted).toBeGreaterThan(0);
    for (const gate of gates) openGate(gate);
    await other.close();
    expect(await allEnd(jobs.flat())).toEqual(['succeeded']);
  });

  it('gives what waits in a worker that leaves to the others, not as suspects', async () => {
    await worker.another();
    const jobs = await Promise.all(['a', 'b', 'c'].map((tenant) => submit('fair.many', tenant, 30, 20)));
    await until(() => begun.length > 10);
    await worker.drain();
    expect(await allEnd(jobs.flat())).toEqual(['succeeded']);
    // A suspect would run in another process.
    expect(begun).toHaveLength(90);
  });

  it('gets back what lies in lanes that it does not have any more', async () => {
    await worker.broker.declareJobQueue('fair.many', { lanes: 6 });
    const id = newJobId();
    const message = encodeJob(someJob({ id, task: 'fair.many', input: { tenant: 'a', ms: 0 } }));
    await worker.publish('heddle.lanes', laneKey('fair.many', 5), message);
    await worker.another();
    expect(await worker.ended(id)).toMatchObject({ type: 'succeeded' });
  });
});
