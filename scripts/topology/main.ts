import { parseArgs } from 'node:util';
import { builtInTaskNames, plannedBuiltInTasks } from '../generate/permissions-document.ts';
import { permissionCommands } from './permission-commands.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { vhost: { type: 'string', default: '/' }, tasks: { type: 'string' } },
});
const [command, ...tasks] = positionals;
if (command === 'permissions') {
  const served = values.tasks?.split(',').filter((name) => name !== '') ?? builtInTaskNames;
  for (const line of permissionCommands(values.vhost, served)) console.log(line);
} else if (command === 'declare') {
  process.argv.splice(2, process.argv.length, ...(tasks.length > 0 ? tasks : plannedBuiltInTasks));
  await import('../../services/recorder/src/declare-beforehand.ts');
} else {
  console.error(`expected "declare" or "permissions", got ${command ?? 'nothing'}`);
  process.exitCode = 1;
}
