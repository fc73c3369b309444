import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { ServiceProcess } from '../support/service-process.ts';
import { SystemStack } from '../support/system-stack.ts';

const TASKS = fileURLToPath(new URL('./tasks/poison-tasks.mjs', import.meta.url));

let stack: SystemStack;
let isOver = false;
let deaths = 0;
let supervised: Promise<void>;

beforeAll(async () => {
  stack = await SystemStack.start({ services: ['recorder', 'gateway', 'consumer'], tasks: TASKS });
  supervised = supervise(stack.of('consumer'));
});
afterAll(async () => {
  isOver = true;
  await stack?.stop();
  await supervised;
});

/** Starts a worker anew whenever one has died, as `npm start` and Kubernetes do; also one that died before it was up. */
async function supervise(first: ServiceProcess): Promise<void> {
  let worker = first;
  for (let isUp = true; ; ) {
    if (isUp) await worker.exited;
    if (isOver) return;
    deaths++;
    const next = await stack.killAndRestart(worker).catch(() => undefined);
    isUp = next !== undefined;
    worker = next ?? worker;
  }
}

const submit = async (input: object) => (await stack.api.submit({ task: 'poison.maybe', input })).id;

it('a job that takes its worker down ends as dead after three, and its neighbours run as if nothing had happened', async () => {
  const neighbours = Array.from({ length: 10 }, () => submit({ isPoison: false, ms: 1_500 }));
  const poison = await submit({ isPoison: true, ms: 300 });
  const ids = await Promise.all(neighbours);
  // Its neighbours, which are suspects too, run one after the other before it.
  expect(await stack.api.ended(poison, 150_000)).toMatchObject({ state: 'dead', error: { code: 'crashed' } });
  expect(deaths).toBe(3);
  for (const neighbour of await Promise.all(ids.map((id) => stack.api.ended(id)))) {
    expect(neighbour).toMatchObject({ state: 'succeeded', result: { attempt: 1 } });
  }
  const later = await submit({ isPoison: false, ms: 0 });
  expect(await stack.api.ended(later)).toMatchObject({ state: 'succeeded' });
  expect(deaths).toBe(3);
});
