import { setTimeout as pause } from 'node:timers/promises';

const LIMIT_MS = 20_000;
const ASK_MS = 2_000;

/** Whether the gateway at this URL knows all these tasks: then a worker has announced them, and jobs will run. */
export async function knowsTasks(url, tasks) {
  const { tasks: announced = [] } = await ask(url, '/v1/tasks');
  const known = announced.map(({ name }) => name);
  return tasks.every((task) => known.includes(task));
}

/** The tasks that workers serve now, once the gateway knows them; none if there are none after 20 s, or before the signal is aborted. */
export async function waitForWorkers(url, signal) {
  const deadline = Date.now() + LIMIT_MS;
  for (; Date.now() < deadline && !signal.aborted; await pause(50)) {
    const { workers = [] } = await ask(url, '/v1/workers');
    const served = workers.flatMap(({ tasks }) => tasks);
    if (served.length > 0 && (await knowsTasks(url, served))) return served;
  }
  return [];
}

async function ask(url, path) {
  try {
    const response = await fetch(new URL(path, url), { signal: AbortSignal.timeout(ASK_MS) });
    return response.ok ? await response.json() : {};
  } catch {
    return {};
  }
}

/** Resolves once the gateway knows these tasks; with false if it still does not after 20 s, or when the signal is aborted. */
export async function waitForTasks(url, tasks, signal) {
  const deadline = Date.now() + LIMIT_MS;
  for (; Date.now() < deadline && !signal.aborted; await pause(50))
    if (await knowsTasks(url, tasks)) return true;
  return false;
}
