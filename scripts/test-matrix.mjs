/**
 * `npm run test:matrix [-- --quick | --all] [FILE…]`: the tests that need a broker, with the newest RabbitMQ, from Debian unstable,
 * and PostgreSQL. `npm test` runs them with the RabbitMQ that is installed here and SQLite.
 */
import { join } from 'node:path';
import { evaluate } from './broker/evaluate.mjs';
import { startTestBroker } from './broker/start-test-broker.mjs';
import { listRuns } from './matrix/list-runs.mjs';
import { prepareUnstable } from './matrix/prepare-unstable.mjs';
import { startPostgres } from './postgres/start-postgres.mjs';
import { bootstrap, root, runScript } from './setup/bootstrap.mjs';
import { killGroups } from './setup/process-groups.mjs';
import { reportStep } from './setup/report-step.mjs';
import { onStopAsked } from './stack/on-stop-asked.mjs';
import { runVitest } from './verify/run-vitest.mjs';

const EXIT_INTERRUPTED = 130;
const total = { passed: 0, failed: 0, skipped: 0 };

await runScript(async () => {
  const runs = listRuns(process.argv.slice(2));
  const interrupt = () => {
    killGroups();
    process.exit(EXIT_INTERRUPTED);
  };
  onStopAsked(interrupt, interrupt);
  await bootstrap();
  const unstable = await prepareUnstable(join(root, '.heddle', 'unstable'));
  const postgres = await reportStep('PostgreSQL', startPostgres);
  try {
    for (const run of runs)
      await withBroker(run.broker === 'newest' ? unstable : undefined, run, postgres.url);
  } finally {
    await postgres.stop();
  }
  process.stdout.write(`${describe(total)}\n`);
  process.exitCode = total.failed > 0 ? 1 : 0;
});
process.exit();

async function withBroker(installation, run, postgresUrl) {
  let version = '';
  const broker = await reportStep('RabbitMQ', async (says) => {
    const node = await startTestBroker(installation);
    version = JSON.parse(await evaluate(node.record, 'rabbit_misc:version()'));
    says(`${version} at ${node.url}`);
    return node;
  });
  const env = {
    ...process.env,
    HEDDLE_TEST_BROKER: JSON.stringify(broker.record),
    HEDDLE_TEST_POSTGRES: postgresUrl,
    HEDDLE_TEST_DATABASE: run.database,
  };
  try {
    for (const project of run.projects) {
      await runProject(project, run, env, `${project} tests, RabbitMQ ${version}, ${run.database}`);
    }
  } finally {
    await broker.stop();
  }
}

async function runProject(project, { files, without }, env, what) {
  const excluded = without.flatMap((path) => ['--exclude', path]);
  const args = ['--project', project, '--passWithNoTests', ...excluded, ...files];
  const outcome = await reportStep(what, async (says) => {
    const result = await runVitest(root, args, env);
    says(describe(result));
    return result;
  });
  if (outcome.failed > 0) process.stdout.write(`${outcome.output.trimEnd()}\n`);
  for (const kind of Object.keys(total)) total[kind] += outcome[kind];
}

function describe({ passed, failed, skipped }) {
  return `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`;
}
