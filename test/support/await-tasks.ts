import { setTimeout as pause } from 'node:timers/promises';
import type { ServiceProcess } from './service-process.ts';

const LIMIT_MS = 60_000;
const BETWEEN_LOOKS_MS = 20;

/**
 * Waits until each gateway takes jobs of the tasks that the workers serve; until then it answers 404. Needs nothing of vitest's:
 * the global set-up runs outside of it.
 */
export async function awaitTasks(
  workers: readonly ServiceProcess[],
  gateways: readonly string[],
): Promise<void> {
  const announced = await Promise.all(workers.map((worker) => worker.logged('tasks announced')));
  const tasks = announced.flatMap((line) => line['tasks'] as string[]);
  await Promise.all(gateways.map((url) => untilKnown(url, tasks)));
}

/** Waits until the gateway takes jobs of these tasks. */
export async function untilKnown(url: string, tasks: readonly string[]): Promise<void> {
  const deadline = Date.now() + LIMIT_MS;
  for (;;) {
    const response = await fetch(`${url}/v1/tasks`);
    const body = (await response.json()) as { tasks?: { name: string }[] };
    const known = new Set(body.tasks?.map(({ name }) => name));
    if (tasks.every((task) => known.has(task))) return;
    if (Date.now() > deadline)
      throw new Error(`expected ${tasks.join()} to be known, got ${JSON.stringify(body)}`);
    await pause(BETWEEN_LOOKS_MS);
  }
}
