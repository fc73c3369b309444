import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { anyPlan } from '../../test/any-plan.ts';
import { type Expansion, planJobs, planReduceJob } from './plan-jobs.ts';

type Range = Extract<Expansion, { type: 'expand-range' }>;

const range = (fields: Pick<Range, 'from' | 'to' | 'chunk'> & Partial<Range>): Range => ({
  type: 'expand-range',
  plan: anyPlan(),
  first: 0,
  input: {},
  ...fields,
});

describe('a list', () => {
  test('gives a job for each input, at its place', () => {
    const plan = anyPlan({
      options: { priority: 7, tags: ['a'], timeout: 5, ttl: 1_000 },
      acceptedAt: 1_000,
    });
    const { jobs, rest } = planJobs({ type: 'expand-list', plan, first: 200, inputs: ['x', 'y'] });
    expect(rest).toBeUndefined();
    expect(jobs).toMatchObject([
      {
        task: plan.task,
        input: 'x',
        batch: { id: plan.id, index: 200 },
        priority: 7,
        tags: ['a'],
        timeoutMs: 5,
        deadline: 2_000,
      },
      { input: 'y', batch: { id: plan.id, index: 201 } },
    ]);
  });

  test('gives the same ids when it is expanded again', () => {
    const message: Expansion = { type: 'expand-list', plan: anyPlan(), first: 0, inputs: [1, 2] };
    expect(planJobs(message)).toEqual(planJobs(message));
  });
});

describe('a range', () => {
  test('gives each chunk as from and to, beside the common input', () => {
    const { jobs } = planJobs(range({ from: 5, to: 12, chunk: 3, input: { scale: 2 } }));
    expect(jobs.map(({ input }) => input)).toEqual([
      { scale: 2, from: 5, to: 8 },
      { scale: 2, from: 8, to: 11 },
      { scale: 2, from: 11, to: 12 },
    ]);
  });

  test('is covered without gap or overlap, however many messages it takes, each id once', () => {
    const size = fc.integer({ min: 1, max: 4_000 });
    fc.assert(
      fc.property(
        fc.integer({ min: -100, max: 100 }),
        size,
        fc.integer({ min: 1, max: 3 }),
        (from, length, chunk) => {
          let message: Expansion | undefined = range({ from, to: from + length, chunk });
          const jobs = [];
          while (message) {
            const planned = planJobs(message);
            expect(planned.jobs.length).toBeLessThanOrEqual(1_000);
            jobs.push(...planned.jobs);
            message = planned.rest;
          }
          const inputs = jobs.map(({ input }) => input as { from: number; to: number });
          expect(inputs[0]?.from).toBe(from);
          expect(inputs.at(-1)?.to).toBe(from + length);
          expect(inputs.slice(1).every((input, at) => input.from === inputs[at]?.to)).toBe(true);
          expect(jobs.map(({ batch }) => batch?.index)).toEqual(jobs.map((_, index) => index));
          expect(new Set(jobs.map(({ id }) => id)).size).toBe(jobs.length);
        },
      ),
      { numRuns: 20 },
    );
  });
});

describe('the reduce job', () => {
  const webhook = { url: 'https://example.org' };
  const plan = anyPlan({ reduce: { task: 'sum.all', input: { round: 1 } }, options: { ttl: 1 }, webhook });

  test('gets the batch beside its own input, no place among its jobs, and no deadline', () => {
    expect(planReduceJob({ type: 'batch-complete', plan, reduceJob: 'r1' })).toMatchObject({
      id: 'r1',
      task: 'sum.all',
      input: { batch: plan.id, round: 1 },
      batch: { id: plan.id },
      deadline: undefined,
      webhook,
    });
  });

  test('has the webhook of its batch, whose other jobs have none then', () => {
    const list = (of: typeof plan) =>
      planJobs({ type: 'expand-list', plan: of, first: 0, inputs: [1] }).jobs[0]?.webhook;
    expect(list(plan)).toBeUndefined();
    expect(list(anyPlan({ webhook }))).toEqual(webhook);
  });
});
