/** `npm run demo [-- FOLDER]`: thumbnails of every image in a folder, through gateway, broker and workers. */
import { availableParallelism } from 'node:os';
import { join, relative, resolve } from 'node:path';
import { giveTimeOf, keepResumable } from './demo/keep-resumable.mjs';
import { makeThumbnails } from './demo/make-thumbnails.mjs';
import { reachStack } from './demo/reach-stack.mjs';
import { showProgress } from './demo/show-progress.mjs';
import { Summary } from './demo/summary.mjs';
import { countFiles, walkFiles } from './demo/walk-files.mjs';
import { bootstrap, root, runScript } from './setup/bootstrap.mjs';
import { onStopAsked } from './stack/on-stop-asked.mjs';

const out = join(root, 'out');
const SIZES = [32, 64, 128];
const IN_FLIGHT = 4 * availableParallelism();
const EXIT_INTERRUPTED = 130;

/** Every file, a bounded number of them at once. */
async function makeAll(url, folder, count, signal) {
  const progress = await showProgress(count);
  const summary = new Summary();
  const resumable = await keepResumable(folder, out);
  const files = walkFiles(folder, out);
  const make = async ({ path, name, error }) => {
    if (error) throw error;
    const target = join(out, name);
    const thumbnails = SIZES.map((size) => join(target, `${size}.png`));
    if (await resumable.isDone(path, thumbnails)) return { outcome: 'done', thumbnails: SIZES.length };
    const made = await makeThumbnails({ url, file: path, target, sizes: SIZES, signal });
    if (made.outcome === 'made') await giveTimeOf(path, thumbnails);
    return made;
  };
  const work = async () => {
    while (!signal.aborted) {
      const { value: file, done } = await files.next();
      if (done) return;
      const result = await make(file).catch((error) => describeFailure(error));
      if (signal.aborted) return;
      summary.add({ file: file.name, ...result });
      progress.step();
    }
  };
  await Promise.all(Array.from({ length: IN_FLIGHT }, work));
  progress.stop();
  if (!signal.aborted) await resumable.finish();
  return summary;
}

function describeFailure(error) {
  const code = error.code ?? error.cause?.code ?? error.name;
  return { outcome: 'failed', thumbnails: 0, reason: `${code}: ${error.message}` };
}

await runScript(async () => {
  // npm runs this in the repository's folder; a path is meant from where the person is.
  const from = process.env.INIT_CWD ?? process.cwd();
  const folder = process.argv[2] ? resolve(from, process.argv[2]) : join(root, 'samples');
  if (`${folder}/`.startsWith(`${out}/`))
    throw new Error(`${out} is where the thumbnails go; name another folder`);
  const count = await countFiles(folder, out);
  if (count === 0) throw new Error(`${folder} holds no files`);

  const interrupted = new AbortController();
  const force = () => process.exit(EXIT_INTERRUPTED);
  await bootstrap();
  onStopAsked(() => interrupted.abort(), force);
  const stack = await reachStack(['image.thumbnail'], interrupted.signal);
  if (!stack) {
    process.stdout.write('stopped before the first image\n');
    process.exitCode = EXIT_INTERRUPTED;
    return;
  }
  try {
    const began = performance.now();
    const summary = await makeAll(stack.url, folder, count, interrupted.signal);
    const elapsedMs = performance.now() - began;
    const lines = summary.lines(elapsedMs, relative(from, out) || 'out');
    process.stdout.write(`\n${lines.join('\n')}\n\n`);
    if (summary.hasFailed) process.exitCode = 1;
    if (interrupted.signal.aborted) {
      process.stdout.write('stopped; run it again with the same folder to go on\n');
      process.exitCode = EXIT_INTERRUPTED;
    }
  } finally {
    await stack.stop();
  }
});
process.exit();
