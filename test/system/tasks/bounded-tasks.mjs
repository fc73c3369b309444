import { setTimeout as sleep } from 'node:timers/promises';
import { defineTask } from '@heddle/client';
import { z } from 'zod';

const input = z.object({ tenant: z.string() });

/** Each job gives back when it ran, in milliseconds since the epoch. */
async function run() {
  const began = Date.now();
  await sleep(30);
  return { began, ended: Date.now() };
}

let running = 0;
let foundTwo = () => {};
const twoRun = new Promise((resolve) => (foundTwo = resolve));

/** The first one waits for another beside it, however slowly that comes; not for ever, if there is none. */
async function runBesideAnother() {
  const began = Date.now();
  running += 1;
  if (running > 1) foundTwo();
  await Promise.race([twoRun, sleep(20_000, undefined, { ref: false })]);
  await sleep(30);
  running -= 1;
  return { began, ended: Date.now() };
}

export const slots = defineTask({
  name: 'bounded.slots',
  input,
  limit: { concurrency: 2 },
  run: runBesideAnother,
});
export const rate = defineTask({
  name: 'bounded.rate',
  input,
  limit: { rate: { count: 3, per: '300ms' } },
  run,
});
export const shares = defineTask({
  name: 'bounded.shares',
  input,
  concurrency: 1,
  fair: { by: ({ tenant }) => tenant, lanes: 3 },
  run,
});
