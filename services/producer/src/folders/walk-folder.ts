import type { Dir } from 'node:fs';
import { opendir } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * Every file in the folder and below, by its path from there, as the file system gives them: what is held is a piece of each
 * folder on the way. Hidden ones, links and what is neither file nor folder are left out. A folder that cannot be opened comes
 * in the place of its files.
 */
export async function* walkFolder(folder: string, below = ''): AsyncGenerator<string> {
  let entries: Dir;
  try {
    entries = await opendir(join(folder, below));
  } catch (error) {
    if (below === '') throw error;
    yield below;
    return;
  }
  for await (const entry of entries) {
    if (entry.name.startsWith('.')) continue;
    const path = join(below, entry.name);
    if (entry.isDirectory()) yield* walkFolder(folder, path);
    else if (entry.isFile()) yield path;
  }
}
