/** `npm start`: sets up what is missing, then runs the whole stack in the foreground until it is told to stop. */
import { bootstrap, runScript } from './setup/bootstrap.mjs';
import { describeDuration } from './setup/report-step.mjs';
import { onStopAsked } from './stack/on-stop-asked.mjs';
import { Stack } from './stack/stack.mjs';
import { waitForWorkers } from './stack/wait-for-tasks.mjs';

const EXIT_BAD_SETTINGS = 78;
const EXIT_FORCED = 130;

/** A line to paste that works: whoever serves tasks of their own alone has no other. */
function tryLine(url, tasks) {
  if (tasks.length > 0 && !tasks.includes('debug.echo')) return `  curl -s ${url}/v1/tasks`;
  return `  curl -s ${url}/v1/jobs -H 'content-type: application/json' -H 'prefer: wait=5' \\
    -d '{"task": "debug.echo", "input": {"hello": "world"}}'`;
}

await runScript(async () => {
  const began = performance.now();
  await bootstrap();

  const print = (line) => process.stdout.write(`${line}\n`);
  const stopping = new AbortController();
  let forced = false;
  let badSettings = false;
  const stack = new Stack({
    print,
    onBadSettings: () => {
      badSettings = true;
      stopping.abort();
    },
  });
  onStopAsked(
    (why) => {
      print(`\n${why}: finishing what is running (again to end at once)`);
      stopping.abort();
    },
    () => {
      print('ending at once');
      forced = true;
      stack.kill();
    },
  );

  const stopAsked = new Promise((resolve) =>
    stopping.signal.addEventListener('abort', resolve, { once: true }),
  );
  const up = stack.start().then(async (url) => {
    if (!url || stopping.signal.aborted) return;
    const tasks = await waitForWorkers(url, stopping.signal);
    if (stopping.signal.aborted) return;
    print(`\nHeddle is up after ${describeDuration(performance.now() - began)}: ${url}\n`);
    print(tryLine(url, tasks));
    print('\nCtrl-C stops it.');
  });
  try {
    // An error while starting ends everything, like a person's wish to stop.
    await Promise.race([stopAsked, up.then(() => stopAsked)]);
  } finally {
    const stopBegan = performance.now();
    const inOrder = await stack.drain();
    await up.catch(() => {});
    if (stopping.signal.aborted) print(`stopped (${describeDuration(performance.now() - stopBegan)})`);
    if (forced) process.exitCode = EXIT_FORCED;
    else if (badSettings) process.exitCode = EXIT_BAD_SETTINGS;
    else if (!inOrder) process.exitCode = 1;
  }
});
process.exit();
