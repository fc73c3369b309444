import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { root } from '../setup/bootstrap.mjs';

/** As the worker tells a module's path from a task's name. */
const MODULE_PATH = /[\\/]|\.[cm]?[jt]s$/;

/**
 * Paths in settings, from where the person is: npm runs this in the repository's folder. What is not there may be meant from the repository.
 * @param {NodeJS.ProcessEnv} env
 * @returns {{tasks: Record<string, string>, folders: Record<string, string>}}
 */
export function resolvePaths(env) {
  const from = env.INIT_CWD ?? process.cwd();
  const find = (path) => {
    const here = resolve(from, path);
    const there = resolve(root, path);
    // Of what is nowhere the place where the person looks for it is named.
    return !existsSync(here) && existsSync(there) ? there : here;
  };
  const each = (list, change) => list.split(',').map((entry) => change(entry.trim()));
  const { HEDDLE_TASKS: tasks, HEDDLE_FOLDERS: folders } = env;
  const isPath = (entry) => MODULE_PATH.test(entry) && !entry.startsWith('file:');
  return {
    tasks: tasks
      ? { HEDDLE_TASKS: each(tasks, (entry) => (isPath(entry) ? find(entry) : entry)).join() }
      : {},
    folders: { HEDDLE_FOLDERS: folders ? each(folders, find).join() : join(root, 'samples') },
  };
}
