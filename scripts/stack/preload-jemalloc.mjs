import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

/**
 * For workers: with glibc's allocator, picture after picture fragments the memory and costs time. Empty where jemalloc is not
 * installed, or where the user preloads something else.
 * @returns {{LD_PRELOAD?: string}}
 */
export function preloadJemalloc() {
  if (process.platform !== 'linux' || process.env.LD_PRELOAD) return {};
  const parents = ['/usr/lib', '/usr/lib64'].filter((folder) => existsSync(folder));
  const folders = parents.flatMap((folder) => [folder, ...archFolders(folder)]);
  const library = folders.map((folder) => join(folder, 'libjemalloc.so.2')).find((path) => existsSync(path));
  return library ? { LD_PRELOAD: library } : {};
}

/** Debian keeps libraries in `x86_64-linux-gnu` and the like. */
function archFolders(folder) {
  return readdirSync(folder)
    .filter((name) => name.endsWith('-linux-gnu'))
    .map((name) => join(folder, name));
}
