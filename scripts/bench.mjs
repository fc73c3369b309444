/** `npm run bench [-- NAME…]`: the benchmarks, each beside its reference, with a broker of their own. */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { startTestBroker } from './broker/start-test-broker.mjs';
import { bootstrap, root, runScript } from './setup/bootstrap.mjs';
import { reportStep } from './setup/report-step.mjs';
import { onStopAsked } from './stack/on-stop-asked.mjs';

const EXIT_INTERRUPTED = 130;

await runScript(async () => {
  await bootstrap();
  const broker = process.env.AMQP_URL
    ? { url: process.env.AMQP_URL, stop: async () => {} }
    : await reportStep('a RabbitMQ node for the benchmarks', () => startTestBroker());
  const child = spawn(process.execPath, [join(root, 'bench', 'dist', 'main.js'), ...process.argv.slice(2)], {
    cwd: root,
    env: { ...process.env, AMQP_URL: broker.url },
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    detached: true,
  });
  let interrupted = false;
  const end = (signal) => () => {
    interrupted = true;
    child.kill(signal);
  };
  onStopAsked(end('SIGTERM'), end('SIGKILL'));
  const code = await new Promise((resolve) => child.once('exit', resolve));
  await broker.stop();
  process.exitCode = interrupted ? EXIT_INTERRUPTED : (code ?? 1);
});
process.exit();
