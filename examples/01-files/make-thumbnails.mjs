/** Thumbnails of every file in a folder: `node make-thumbnails.mjs FOLDER [GATEWAY] [TARGET]`. */
import { createHash } from 'node:crypto';
import { mkdir, opendir, readFile, stat, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const [folder = 'samples', gateway = 'http://127.0.0.1:8080', target = 'thumbnails'] = process.argv.slice(2);
const IN_FLIGHT = 8;
const TYPES = {
  avif: 'image/avif',
  gif: 'image/gif',
  jpeg: 'image/jpeg',
  jpg: 'image/jpeg',
  png: 'image/png',
  webp: 'image/webp',
};

/** Every file below the folder, one after the other: the folder is never held whole. */
async function* filesIn(path) {
  for await (const entry of await opendir(path)) {
    const file = join(path, entry.name);
    if (entry.isDirectory()) yield* filesIn(file);
    else if (entry.isFile()) yield file;
  }
}

/** The job of this file. Sent twice it is the same job. */
async function submit(file) {
  const { size, mtimeMs } = await stat(file);
  const type = TYPES[file.split('.').at(-1)?.toLowerCase()] ?? 'application/octet-stream';
  for (;;) {
    const response = await fetch(`${gateway}/v1/thumbnails?sizes=32,64,128`, {
      method: 'POST',
      headers: {
        'content-type': type,
        'idempotency-key': keyOf(relative(folder, file), size, mtimeMs),
        prefer: 'wait=60',
      },
      body: await readFile(file),
    });
    const job = await response.json();
    if (response.status !== 503) return response.ok ? await ended(job) : { state: 'refused', error: job };
    await sleep(1_000 * Number(response.headers.get('retry-after') ?? 1));
  }
}

/** The same for the same file, as long as nobody changes it. */
function keyOf(...facts) {
  return createHash('sha256').update(JSON.stringify(facts)).digest('hex');
}

/** A job that was still running when the answer came. */
async function ended(job) {
  let seen = job;
  while (!['succeeded', 'failed', 'dead', 'cancelled', 'expired'].includes(seen.state)) {
    await sleep(500);
    seen = await (await fetch(`${gateway}/v1/jobs/${job.id}`)).json();
  }
  return seen;
}

async function keep(file, job) {
  const to = join(target, relative(folder, file));
  await mkdir(to, { recursive: true });
  for (const { name, href } of job.outputs) {
    const response = await fetch(gateway + href);
    await writeFile(join(to, name), Buffer.from(await response.arrayBuffer()));
  }
}

const files = filesIn(folder);
const counts = { made: 0, refused: 0 };
async function work() {
  // All take from the one iterator: a file is anyone's once.
  for await (const file of files) {
    const job = await submit(file);
    if (job.state === 'succeeded') await keep(file, job);
    counts[job.state === 'succeeded' ? 'made' : 'refused'] += 1;
    const why = job.error ? ` (${job.error.code})` : '';
    process.stdout.write(`${counts.made + counts.refused} ${relative(folder, file)}: ${job.state}${why}\n`);
  }
}
await Promise.all(Array.from({ length: IN_FLIGHT }, work));
process.stdout.write(`${counts.made} made, ${counts.refused} refused\n`);
