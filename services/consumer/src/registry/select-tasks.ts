import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { HeddleError } from '@heddle/contracts';
import { fitsPattern } from './fit-pattern.ts';
import { builtInModule, loadTasks, type RegisteredTask } from './load-tasks.ts';

const MODULE_PATH = /[\\/]|\.[cm]?[jt]s$/;

/**
 * The tasks that `HEDDLE_TASKS` asks for, by name: its entries, divided by commas, are names, patterns such as `image.*`,
 * and paths of modules; each adds tasks. Nothing asked for: all built in. Throws `unknown_task` for an entry that adds
 * nothing, `invalid_task` for a module that cannot be used or a name that two tasks have.
 */
export async function selectTasks(setting: string): Promise<Map<string, RegisteredTask>> {
  const entries = setting
    .split(',')
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '');
  const builtIn = await loadTasks(builtInModule);
  if (entries.length === 0) return byName(builtIn);

  const paths = entries.filter((entry) => MODULE_PATH.test(entry));
  const own = (await Promise.all(paths.map((path) => loadTasks(toUrl(path))))).flat();
  const known = [...builtIn, ...own];
  const named = entries
    .filter((entry) => !MODULE_PATH.test(entry))
    .flatMap((pattern) => {
      const matching = known.filter(({ task }) => fitsPattern(task.name, pattern));
      if (matching.length > 0) return matching;
      const names = known.map(({ task }) => task.name).join(', ');
      throw new HeddleError('unknown_task', `no task is called "${pattern}"; there are ${names}`);
    });
  return byName([...own, ...named]);
}

function toUrl(path: string): string {
  return path.startsWith('file:') ? path : pathToFileURL(resolve(path)).href;
}

function byName(tasks: readonly RegisteredTask[]): Map<string, RegisteredTask> {
  const found = new Map<string, RegisteredTask>();
  for (const registered of tasks) {
    const { name } = registered.task;
    const other = found.get(name);
    if (other && other.task !== registered.task) {
      throw new HeddleError(
        'invalid_task',
        `"${name}" is defined twice: in ${other.module} and in ${registered.module}`,
      );
    }
    found.set(name, registered);
  }
  return found;
}
