import { appendFileSync, existsSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { defineTask } from '@heddle/client';
import { z } from 'zod';

/**
 * @param {'begin' | 'end'} what
 * @param {string} job
 */
function note(what, job) {
  const line = JSON.stringify({ what, job, pid: process.pid, at: Date.now() });
  appendFileSync(process.env['FLOW_LOG'] ?? '/dev/null', `${line}\n`);
}

/**
 * Notes when it begins and ends, so that what runs at once can be counted over all workers.
 * @param {string} job
 * @param {number} ms
 */
async function run(job, ms) {
  note('begin', job);
  await sleep(ms);
  note('end', job);
}

const input = z.object({ ms: z.int() });

export const limited = defineTask({
  name: 'flow.limited',
  input,
  limit: { concurrency: 3 },
  run: (context) => run(context.job.id, context.input.ms),
});

export const rated = defineTask({
  name: 'flow.rated',
  input,
  limit: { rate: { count: 5, per: '1s' } },
  run: (context) => run(context.job.id, context.input.ms),
});

/** @param {string} path */
async function untilThere(path) {
  while (!existsSync(path)) await sleep(20);
}

/** With `until`: runs until there is a file at this path. */
export const long = defineTask({
  name: 'flow.long',
  input: input.extend({ until: z.string().optional() }),
  run: async ({ job, input: { ms, until } }) => {
    note('begin', job.id);
    await sleep(ms);
    if (until !== undefined) await untilThere(until);
    note('end', job.id);
  },
});

export const fair = defineTask({
  name: 'flow.fair',
  input: z.object({ ms: z.int(), tenant: z.string() }),
  concurrency: 2,
  fair: { by: ({ tenant }) => tenant, lanes: 4 },
  run: (context) => run(context.job.id, context.input.ms),
});
