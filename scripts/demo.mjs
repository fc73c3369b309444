/** `npm run demo [-- FOLDER]`: thumbnails of every image in a folder, through gateway, broker and workers. */
import { availableParallelism } from 'node:os';
import { join, relative, resolve } from 'node:path';
import { listFiles } from './demo/list-files.mjs';
import { makeThumbnails } from './demo/make-thumbnails.mjs';
import { reachStack } from './demo/reach-stack.mjs';
import { showProgress } from './demo/show-progress.mjs';
import { summarise } from './demo/summarise.mjs';
import { bootstrap, root, runScript } from './setup/bootstrap.mjs';
import { onStopAsked } from './stack/on-stop-asked.mjs';

const SIZES = [32, 64, 128];
const IN_FLIGHT = 4 * availableParallelism();
const EXIT_INTERRUPTED = 130;

/** Every file, a bounded number of them at once; results in the order of the files. */
async function makeAll(url, folder, files, signal) {
  const progress = await showProgress(files.length);
  const results = [];
  let next = 0;
  const work = async () => {
    while (next < files.length && !signal.aborted) {
      const index = next++;
      const file = files[index];
      const request = {
        url,
        file: join(folder, file),
        target: join(root, 'out', file),
        sizes: SIZES,
        signal,
      };
      const result = await makeThumbnails(request).catch((error) => describeFailure(error));
      results[index] = { file, ...result };
      progress.step();
    }
  };
  await Promise.all(Array.from({ length: IN_FLIGHT }, work));
  progress.stop();
  return results.filter(Boolean);
}

function describeFailure(error) {
  return { outcome: 'failed', thumbnails: 0, reason: `${error.cause?.code ?? error.name}: ${error.message}` };
}

await runScript(async () => {
  // npm runs this in the repository's folder; a path is meant from where the person is.
  const from = process.env.INIT_CWD ?? process.cwd();
  const folder = process.argv[2] ? resolve(from, process.argv[2]) : join(root, 'samples');
  const files = await listFiles(folder);
  if (files.length === 0) throw new Error(`${folder} holds no files`);

  const interrupted = new AbortController();
  const force = () => process.exit(EXIT_INTERRUPTED);
  await bootstrap();
  const stack = await reachStack(['image.thumbnail']);
  onStopAsked(() => interrupted.abort(), force);
  try {
    const began = performance.now();
    const results = await makeAll(stack.url, folder, files, interrupted.signal);
    const elapsedMs = performance.now() - began;
    const lines = summarise(results, elapsedMs, relative(from, join(root, 'out')) || 'out');
    process.stdout.write(`\n${lines.join('\n')}\n\n`);
    if (results.some(({ outcome }) => outcome === 'failed')) process.exitCode = 1;
    if (interrupted.signal.aborted) process.exitCode = EXIT_INTERRUPTED;
  } finally {
    await stack.stop();
  }
});
process.exit();
