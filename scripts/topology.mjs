/**
 * `npm run topology -- declare [TASK …]`: all exchanges and queues, on the broker of `AMQP_URL`; with `--sync lock.bank,semaphore.gpu=4`
 * objects of the toolbox, only these where no task is named.
 * `npm run topology -- permissions [--vhost V] [--tasks a,b]`: the least rights of one user a service, as lines of `rabbitmqctl`; with
 * `--workers NAME` only those of a group of workers with these tasks, with `--program NAME [--sync lock.bank] [--submit a,b]` only those
 * of a program that uses these objects and submits jobs of these tasks.
 * `npm run topology -- objects FOLDER [--tasks a,b]`: both as objects of the Messaging Topology Operator; with `--workers` or `--program` the one user.
 * Without tasks: those of `HEDDLE_TASKS`, as a worker would serve them; without that, too, the built-in ones.
 */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { bootstrap, runScript } from './setup/bootstrap.mjs';
import { reportAside } from './setup/report-step.mjs';
import { resolvePaths } from './stack/resolve-paths.mjs';

const main = fileURLToPath(new URL('./topology/main.ts', import.meta.url));

// What is printed may be put into a file, or a shell.
reportAside();
await runScript(async () => {
  await bootstrap();
  const source = ['--import', 'tsx', '--conditions=heddle-src', main, ...process.argv.slice(2)];
  const env = { ...process.env, ...resolvePaths(process.env).tasks };
  const { status } = spawnSync(process.execPath, source, { stdio: 'inherit', env });
  process.exitCode = status ?? 1;
});
