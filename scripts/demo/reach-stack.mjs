import { existsSync, readFileSync } from 'node:fs';
import { reportStep } from '../setup/report-step.mjs';
import { Stack, stackFile } from '../stack/stack.mjs';
import { knowsTasks, waitForTasks } from '../stack/wait-for-tasks.mjs';

const DEFAULT_URL = 'http://127.0.0.1:8080';

/**
 * The stack that answers already, or one of our own.
 * @param {readonly string[]} tasks what it must be able to run
 * @returns {Promise<{url: string, stop: () => Promise<unknown>}>} `stop` leaves alone what others started
 */
export async function reachStack(tasks) {
  for (const url of knownUrls()) {
    if (await knowsTasks(url, tasks)) {
      process.stdout.write(`stack … one answers already at ${url}\n`);
      return { url, stop: async () => {} };
    }
  }
  const stack = new Stack({ print: (line) => process.stdout.write(`${line}\n`), quiet: true });
  try {
    const url = await stack.start();
    if (!url) throw new Error('the services did not start');
    await reportStep('workers', async () => {
      if (!(await waitForTasks(url, tasks))) throw new Error(`no worker announced ${tasks.join(', ')}`);
    });
    return { url, stop: () => stack.drain() };
  } catch (error) {
    await stack.drain();
    throw error;
  }
}

function* knownUrls() {
  if (existsSync(stackFile())) yield JSON.parse(readFileSync(stackFile(), 'utf8')).url;
  yield process.env.HEDDLE_HTTP_PORT ? `http://127.0.0.1:${process.env.HEDDLE_HTTP_PORT}` : DEFAULT_URL;
}
