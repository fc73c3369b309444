import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/** The full path of a command, or undefined. */
export function findOnPath(command) {
  const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/local/sbin', '/usr/sbin', '/sbin'];
  return folders
    .filter(Boolean)
    .map((folder) => join(folder, command))
    .find((path) => existsSync(path));
}
