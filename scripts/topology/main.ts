import { resolve } from 'node:path';
import { parsePlannedObject, plannedText } from '@heddle/contracts';
import { selectTasks } from '../../services/consumer/src/registry/select-tasks.ts';
import { type BrokerUser, programUser, serviceUsers, workersUser } from '../generate/broker-users.ts';
import { topologyObjects, userObjects } from '../generate/kubernetes/topology-objects.ts';
import { permissionCommands } from './permission-commands.ts';
import { type Arguments, readArguments, usageOf } from './read-arguments.ts';
import { writeObjects } from './write-objects.ts';

// `… | head` closes the pipe; that is no reason to complain.
process.stdout.on('error', () => process.exit(1));
try {
  await carryOut(readArguments(process.argv.slice(2)));
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}

async function carryOut({ values, command, others }: Arguments): Promise<void> {
  refuseWhatContradicts(command, values);
  const told = listed(values.tasks);
  if (command === 'permissions' && others.length === 0) {
    const users = (await oneUser(values)) ?? serviceUsers(await tasksOr(told));
    for (const line of permissionCommands(values.vhost, [users].flat())) console.log(line);
  } else if (command === 'objects' && others.length === 1) {
    // npm runs this in the repository's folder; a path is meant from where the person is.
    const folder = resolve(process.env['INIT_CWD'] ?? '.', others[0] ?? '');
    const user = await oneUser(values);
    const files = user ? { [user.name]: userObjects(user) } : topologyObjects(await tasksOr(told));
    for (const file of writeObjects(folder, files)) console.log(file);
  } else if (command === 'declare') {
    const named = [...others, ...told];
    const objects = values.sync.flatMap((text) => listed(text));
    const tasks = named.length === 0 && objects.length > 0 ? [] : await tasksOr(named);
    process.argv.splice(2, process.argv.length, ...tasks, ...objects.flatMap((text) => ['--sync', text]));
    await import('../../services/recorder/src/declare-beforehand.ts');
  } else {
    const given = command === undefined ? [] : [command, ...others];
    const got = given.length === 0 ? 'nothing' : `"${given.join(' ')}"`;
    throw new Error(`expected a command as below, got ${got}\n\n${usageOf(given)}`);
  }
}

/** Options that go with another command, or not together, are not passed over in silence. */
function refuseWhatContradicts(
  command: string | undefined,
  { program, workers, submit }: Arguments['values'],
): void {
  if (program !== undefined && workers !== undefined)
    throw new Error('expected one user: --program NAME or --workers NAME');
  if (command === 'declare' && (program ?? workers ?? submit) !== undefined)
    throw new Error(
      '--program, --workers and --submit say whose rights: expected "permissions" or "objects FOLDER"',
    );
}

/** The one user that is asked for, if it is not those of all services. */
async function oneUser({
  program,
  workers,
  sync,
  submit,
  tasks,
}: Arguments['values']): Promise<BrokerUser | undefined> {
  if (program !== undefined) {
    const objects = sync.flatMap((text) => listed(text)).map(parsePlannedObject);
    return programUser(program, { objects, submits: listed(submit) });
  }
  if (sync.length > 0 || submit !== undefined)
    throw new Error('--sync and --submit are of a program: expected --program NAME too');
  return workers === undefined ? undefined : workersUser(workers, await tasksOr(listed(tasks)));
}

/** Not told any: those that a worker with this environment serves. */
async function tasksOr(given: readonly string[]): Promise<readonly string[]> {
  if (given.length > 0) return given;
  const selected = await selectTasks(process.env['HEDDLE_TASKS'] ?? '');
  return [...selected.values()].map(({ task }) => plannedText(task));
}

/** What stands between commas. */
function listed(text = ''): string[] {
  return text
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
}
