import { readFileSync } from 'node:fs';
import { root } from '../setup/bootstrap.mjs';
import { reportStep } from '../setup/report-step.mjs';
import { readStackSettings } from '../stack/read-stack-settings.mjs';
import { Stack, stackFile } from '../stack/stack.mjs';
import { DEFAULT_HTTP_PORT } from '../stack/stack-ports.mjs';
import { knowsTasks, waitForTasks } from '../stack/wait-for-tasks.mjs';

/** Nobody who listens takes so long, but on a machine that stands still; where nobody listens, that is known at once. */
const ANSWER_MS = 10_000;

/**
 * The stack that answers already, or one of our own; undefined if it is stopped before it is up.
 * @param {readonly string[]} tasks what it must be able to run
 * @param {AbortSignal} signal
 * @returns {Promise<{url: string, stop: () => Promise<unknown>} | undefined>} `stop` leaves alone what others started
 */
export async function reachStack(tasks, signal) {
  for (const url of knownUrls()) {
    if (await knowsTasks(url, tasks, ANSWER_MS)) {
      process.stdout.write(`stack … one answers already at ${url}\n`);
      return { url, stop: async () => {} };
    }
  }
  const stack = new Stack({ print: (line) => process.stdout.write(`${line}\n`), quiet: true });
  const stopped = new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
  const up = bringUp(stack, tasks, signal);
  try {
    const url = await Promise.race([stopped, up]);
    if (!signal.aborted) return { url, stop: () => stack.drain() };
  } catch (error) {
    await stack.drain();
    throw error;
  }
  process.stdout.write('\nstopping what was started (again to end at once)\n');
  await stack.drain();
  await up.catch(() => {});
  return undefined;
}

async function bringUp(stack, tasks, signal) {
  const url = await stack.start();
  if (!url) throw new Error('the services did not start');
  await reportStep('workers', async () => {
    if (!(await waitForTasks(url, tasks, signal))) throw new Error(`no worker announced ${tasks.join(', ')}`);
  });
  return url;
}

function* knownUrls() {
  const settings = readStackSettings(process.env, root);
  const announced = readAnnounced(stackFile(settings));
  if (announced) yield announced;
  if (settings.httpPort !== 0) yield `http://${settings.httpHost}:${settings.httpPort ?? DEFAULT_HTTP_PORT}`;
}

/** Where a stack said that it can be reached; a killed one may have left half a file. */
function readAnnounced(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8')).url;
  } catch {
    return undefined;
  }
}
