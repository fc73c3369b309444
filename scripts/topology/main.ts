import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { plannedText } from '@heddle/contracts';
import { selectTasks } from '../../services/consumer/src/registry/select-tasks.ts';
import { permissionCommands } from './permission-commands.ts';
import { writeObjects } from './write-objects.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { vhost: { type: 'string', default: '/' }, tasks: { type: 'string' } },
});
const [command, ...others] = positionals;
const told = values.tasks?.split(',').filter((name) => name !== '') ?? [];
try {
  await carryOut();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}

async function carryOut(): Promise<void> {
  if (command === 'permissions') {
    for (const line of permissionCommands(values.vhost, await tasksOr(told))) console.log(line);
  } else if (command === 'objects' && others.length === 1) {
    // npm runs this in the repository's folder; a path is meant from where the person is.
    const folder = resolve(process.env['INIT_CWD'] ?? '.', others[0] ?? '');
    for (const file of writeObjects(folder, await tasksOr(told))) console.log(file);
  } else if (command === 'declare') {
    const tasks = await tasksOr([...others, ...told]);
    process.argv.splice(2, process.argv.length, ...tasks);
    await import('../../services/recorder/src/declare-beforehand.ts');
  } else {
    const got = positionals.join(' ');
    throw new Error(`expected "declare [TASK …]", "permissions" or "objects FOLDER", got "${got}"`);
  }
}

/** Not told any: those that a worker with this environment serves. */
async function tasksOr(given: readonly string[]): Promise<readonly string[]> {
  if (given.length > 0) return given;
  const selected = await selectTasks(process.env['HEDDLE_TASKS'] ?? '');
  return [...selected.values()].map(({ task }) => plannedText(task));
}
