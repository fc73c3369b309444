import { appendFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { defineTask } from '@heddle/client';
import { z } from 'zod';

const note = (what, job) =>
  appendFileSync(
    process.env.FLOW_LOG,
    `${JSON.stringify({ what, job, pid: process.pid, at: Date.now() })}\n`,
  );

/** Notes when it begins and ends, so that what runs at once can be counted over all workers. */
const run = async ({ input, job }) => {
  note('begin', job.id);
  await sleep(input.ms);
  note('end', job.id);
};
const input = z.object({ ms: z.int() });

export const limited = defineTask({ name: 'flow.limited', input, limit: { concurrency: 3 }, run });
export const rated = defineTask({
  name: 'flow.rated',
  input,
  limit: { rate: { count: 5, per: '1s' } },
  run,
});
