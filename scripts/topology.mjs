/**
 * `npm run topology -- declare [TASK …]`: all exchanges and queues, on the broker of `AMQP_URL`, for the built-in tasks or these.
 * `npm run topology -- permissions [--vhost V] [--tasks a,b]`: the least rights of one user a service, as lines of `rabbitmqctl`.
 */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { bootstrap, runScript } from './setup/bootstrap.mjs';

const main = fileURLToPath(new URL('./topology/main.ts', import.meta.url));

await runScript(async () => {
  await bootstrap();
  const source = ['--import', 'tsx', '--conditions=heddle-src', main, ...process.argv.slice(2)];
  const { status } = spawnSync(process.execPath, source, { stdio: 'inherit' });
  process.exitCode = status ?? 1;
});
