/**
 * `npm run test:matrix [-- FILTER…]`: the broker library's conformance suite against the newest RabbitMQ, from Debian unstable.
 * `npm test` runs the same suite against the one that is installed here.
 */
import { join } from 'node:path';
import { evaluate } from './broker/evaluate.mjs';
import { startTestBroker } from './broker/start-test-broker.mjs';
import { prepareUnstable } from './matrix/prepare-unstable.mjs';
import { bootstrap, root, runScript } from './setup/bootstrap.mjs';
import { reportStep } from './setup/report-step.mjs';
import { onStopAsked } from './stack/on-stop-asked.mjs';
import { killVitest, runVitest } from './verify/run-vitest.mjs';

const EXIT_INTERRUPTED = 130;

await runScript(async () => {
  const interrupt = () => {
    killVitest();
    process.exit(EXIT_INTERRUPTED);
  };
  onStopAsked(interrupt, interrupt);
  await bootstrap();
  const installation = await prepareUnstable(join(root, '.heddle', 'unstable'));
  const broker = await reportStep('RabbitMQ', async (says) => {
    const node = await startTestBroker(installation);
    says(`${JSON.parse(await evaluate(node.record, 'rabbit_misc:version()'))} at ${node.url}`);
    return node;
  });
  try {
    const env = { ...process.env, AMQP_URL: broker.url, HEDDLE_TEST_BROKER: JSON.stringify(broker.record) };
    const filters = process.argv.length > 2 ? process.argv.slice(2) : ['libs/broker'];
    const outcome = await reportStep('broker tests', (says) => {
      says('run');
      return runVitest(root, ['--project', 'broker', ...filters], env);
    });
    if (outcome.failed > 0) process.stdout.write(`${outcome.output.trimEnd()}\n`);
    const skipped = outcome.skipped > 0 ? `, ${outcome.skipped} skipped` : '';
    process.stdout.write(`${outcome.passed} passed, ${outcome.failed} failed${skipped}\n`);
    process.exitCode = outcome.failed > 0 ? 1 : 0;
  } finally {
    await broker.stop();
  }
});
process.exit();
