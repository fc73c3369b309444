import { isTask, type Task } from '@heddle/client';
import { HeddleError } from '@heddle/contracts';

/** A task and the module that exports it, which threads and child processes load for themselves. */
export interface RegisteredTask {
  readonly task: Task;
  /** URL. */
  readonly module: string;
}

export const builtInModule = new URL('../tasks/built-in-tasks.js', import.meta.url).href;

/** The tasks that a module exports. Throws `invalid_task` when it cannot be loaded or exports none. */
export async function loadTasks(module: string): Promise<RegisteredTask[]> {
  let exported: Record<string, unknown>;
  try {
    exported = (await import(module)) as Record<string, unknown>;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new HeddleError('invalid_task', `${module} cannot be loaded: ${reason}`, { cause: error });
  }
  const tasks = new Set(Object.values(exported).flatMap((value): Task[] => tasksIn(value)));
  if (tasks.size === 0) {
    throw new HeddleError(
      'invalid_task',
      `${module} exports no task: expected values that defineTask has made`,
    );
  }
  return [...tasks].map((task) => ({ task, module }));
}

/** An export is a task or a list of tasks. */
function tasksIn(value: unknown): Task[] {
  if (isTask(value)) return [value];
  return Array.isArray(value) ? value.filter(isTask) : [];
}

const loaded = new Map<string, Task>();

/** One task of a module, by name; for threads and child processes, which are asked for the same one again and again. */
export async function loadTask(module: string, name: string): Promise<Task> {
  const key = `${module} ${name}`;
  const known = loaded.get(key);
  if (known) return known;
  const found = (await loadTasks(module)).find(({ task }) => task.name === name);
  if (!found) throw new HeddleError('unknown_task', `${module} exports no task "${name}"`);
  loaded.set(key, found.task);
  return found.task;
}
