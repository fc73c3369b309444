import { existsSync, readFileSync } from 'node:fs';
import { root } from '../setup/bootstrap.mjs';
import { reportStep } from '../setup/report-step.mjs';
import { DEFAULT_HTTP_PORT } from '../stack/assign-ports.mjs';
import { readStackSettings } from '../stack/read-stack-settings.mjs';
import { Stack, stackFile } from '../stack/stack.mjs';
import { knowsTasks, waitForTasks } from '../stack/wait-for-tasks.mjs';

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
  const settings = readStackSettings(process.env, root);
  const file = stackFile(settings);
  if (existsSync(file)) yield JSON.parse(readFileSync(file, 'utf8')).url;
  if (settings.httpPort !== 0) yield `http://${settings.httpHost}:${settings.httpPort ?? DEFAULT_HTTP_PORT}`;
}
