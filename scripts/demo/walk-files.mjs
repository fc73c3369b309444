import { statSync } from 'node:fs';
import { opendir } from 'node:fs/promises';
import { join } from 'node:path';

/** Every file below the folder, by its path from there, as the file system gives them: no more than a piece of it is held. Hidden ones are left out. */
export async function* walkFiles(folder, below = '') {
  if (!statSync(folder, { throwIfNoEntry: false })?.isDirectory()) {
    throw new Error(`expected a folder with images, and ${folder} is none`);
  }
  for await (const entry of await opendir(join(folder, below))) {
    if (entry.name.startsWith('.')) continue;
    const path = join(below, entry.name);
    if (entry.isDirectory()) yield* walkFiles(folder, path);
    else if (entry.isFile()) yield path;
  }
}

export async function countFiles(folder) {
  let count = 0;
  for await (const _ of walkFiles(folder)) count += 1;
  return count;
}
