import { setTimeout as pause } from 'node:timers/promises';

const LIMIT_MS = 20_000;

/** Whether the gateway at this URL knows all these tasks: then a worker has announced them, and jobs will run. */
export async function knowsTasks(url, tasks, timeoutMs = 2_000) {
  try {
    const response = await fetch(new URL('/v1/tasks', url), { signal: AbortSignal.timeout(timeoutMs) });
    if (!response.ok) return false;
    const known = (await response.json()).tasks?.map(({ name }) => name) ?? [];
    return tasks.every((task) => known.includes(task));
  } catch {
    return false;
  }
}

/** Resolves once the gateway knows these tasks; with false if it still does not after 20 s. */
export async function waitForTasks(url, tasks, signal) {
  const deadline = Date.now() + LIMIT_MS;
  for (; Date.now() < deadline; await pause(50)) {
    if (signal?.aborted) return false;
    if (await knowsTasks(url, tasks)) return true;
  }
  return false;
}
