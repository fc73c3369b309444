import type { Dir } from 'node:fs';
import { opendir } from 'node:fs/promises';
import { join } from 'node:path';
import { isShortage } from './shortage.ts';

/**
 * Every file in the folder and below, by its path from there, as the file system gives them: what is held is a piece of each
 * folder on the way. Hidden ones, links and what is neither file nor folder are left out. A folder below that cannot be opened, or
 * not be read to its end, comes in the place of the files that are not seen. Throws where that is so of the folder itself.
 */
export async function* walkFolder(folder: string, below = ''): AsyncGenerator<string> {
  try {
    const entries: Dir = await opendir(join(folder, below));
    for await (const entry of entries) {
      if (entry.name.startsWith('.')) continue;
      const path = join(below, entry.name);
      if (entry.isDirectory()) yield* walkFolder(folder, path);
      else if (entry.isFile()) yield path;
    }
  } catch (error) {
    if (below === '' || isShortage((error as NodeJS.ErrnoException).code ?? '')) throw error;
    yield below;
  }
}
