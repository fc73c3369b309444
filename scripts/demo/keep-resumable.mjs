import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Two file systems need not keep a time to the same digit. */
const SAME_TIME_MS = 2;

/**
 * What lets a run go on where an earlier one over the same folder was stopped, however it was: a mark that stands from the
 * beginning of a run to its end, and thumbnails that are exactly as old as their picture. Nothing is held in memory.
 */
export async function keepResumable(folder, out) {
  const mark = join(out, `.unfinished-${createHash('sha256').update(folder).digest('hex').slice(0, 16)}`);
  const resumes = existsSync(mark);
  await mkdir(out, { recursive: true });
  await writeFile(mark, `${folder}\n`);
  return {
    resumes,
    /** Whether the run that was stopped has made all thumbnails of this picture as it is now. */
    isDone: async (file, thumbnails) => {
      if (!resumes) return false;
      const [picture, ...made] = await Promise.all([file, ...thumbnails].map(timeOf));
      return picture !== undefined && made.every((time) => Math.abs((time ?? 0) - picture) < SAME_TIME_MS);
    },
    finish: () => rm(mark, { force: true }),
  };
}

/** Thumbnails get their picture's time when they are whole. */
export async function giveTimeOf(file, thumbnails) {
  const { atime, mtime } = await stat(file);
  await Promise.all(thumbnails.map((thumbnail) => utimes(thumbnail, atime, mtime)));
}

async function timeOf(file) {
  const facts = await stat(file).catch(() => undefined);
  return facts?.mtimeMs;
}
