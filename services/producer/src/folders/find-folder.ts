import { constants } from 'node:fs';
import { access, realpath, stat } from 'node:fs/promises';
import { basename, isAbsolute, join, sep } from 'node:path';
import { HeddleError } from '@heddle/contracts';

/**
 * The real path of a folder that a batch asks for: an absolute path, or one that begins with the name of an allowed folder.
 * Throws `folder_refused` for what is no folder, and for what is in none of the allowed ones, by a symbolic link neither.
 */
export async function findFolder(asked: string, allowed: readonly string[]): Promise<string> {
  for (const root of allowed) {
    const [first, ...rest] = asked.split('/');
    const path = isAbsolute(asked) ? asked : first === basename(root) ? join(root, ...rest) : undefined;
    const found = path === undefined ? undefined : await realPathWithin(path, root);
    if (found !== undefined && (await isReadable(found))) return found;
  }
  const names = allowed.map((root) => `"${basename(root)}"`).join(', ');
  throw new HeddleError(
    'folder_refused',
    names === ''
      ? 'expected HEDDLE_FOLDERS of the producer to name the folders that batches may read, got none'
      : `expected a folder in ${names}, got "${asked}"`,
  );
}

async function isReadable(path: string): Promise<boolean> {
  try {
    await access(path, constants.R_OK | constants.X_OK);
    return (await stat(path)).isDirectory();
  } catch {
    return false;
  }
}

/** Undefined for what is not there, and for what is elsewhere. */
export async function realPathWithin(path: string, folder: string): Promise<string | undefined> {
  try {
    const [real, root] = await Promise.all([realpath(path), realpath(folder)]);
    return real === root || real.startsWith(root.endsWith(sep) ? root : root + sep) ? real : undefined;
  } catch {
    return undefined;
  }
}
