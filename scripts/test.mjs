/**
 * `npm test`: everything that must hold. Arguments after `--` pick test files, such as `npm test -- libs/broker`.
 * The last line counts checks and tests; the exit code is 0 only if none failed.
 */
import { delimiter, dirname, join } from 'node:path';
import { startTestBroker } from './broker/start-test-broker.mjs';
import { startPostgres } from './postgres/start-postgres.mjs';
import { bootstrap, root, runScript } from './setup/bootstrap.mjs';
import { findOnPath } from './setup/find-on-path.mjs';
import { canInstall, installPackage } from './setup/install-package.mjs';
import { reportStep } from './setup/report-step.mjs';
import { CommandError, runCommand } from './setup/run-command.mjs';
import { onStopAsked } from './stack/on-stop-asked.mjs';
import { checks, testProjects } from './verify/list-checks.mjs';
import { killVitest, runVitest } from './verify/run-vitest.mjs';

const EXIT_INTERRUPTED = 130;
const total = { passed: 0, failed: 0, skipped: 0 };

/** One check; its output is shown in full when it fails. */
async function runCheck({ what, tool, script, args }) {
  const command = script ? process.execPath : join(root, 'node_modules', '.bin', tool);
  // The tools' own first lines ask for a `node`: let it be this one.
  const env = { ...process.env, PATH: [dirname(process.execPath), process.env.PATH].join(delimiter) };
  try {
    await reportStep(what, () =>
      runCommand(command, script ? [join(root, script), ...args] : args, { cwd: root, env }),
    );
    total.passed += 1;
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    process.stdout.write(`${error.output.trimEnd()}\n`);
    total.failed += 1;
  }
}

async function runTests({ what, project }, filters) {
  const outcome = await reportStep(what, async (says) => {
    const result = await runVitest(root, ['--project', project, '--passWithNoTests', ...filters]);
    says(describe(result));
    return result;
  });
  if (outcome.failed > 0) process.stdout.write(`${outcome.output.trimEnd()}\n`);
  for (const kind of Object.keys(total)) total[kind] += outcome[kind];
}

function describe({ passed, failed, skipped }) {
  return `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`;
}

await runScript(async () => {
  const interrupt = () => {
    killVitest();
    process.exit(EXIT_INTERRUPTED);
  };
  onStopAsked(interrupt, interrupt);
  await bootstrap();
  for (const check of checks) await runCheck(check);

  const servers = [];
  try {
    if (!process.env.AMQP_URL) {
      const broker = await reportStep('a RabbitMQ node for the tests', () => startTestBroker());
      servers.push(broker);
      process.env.HEDDLE_TEST_BROKER = JSON.stringify(broker.record);
    }
    const database = await reportStep('a PostgreSQL server for the tests', startPostgres);
    servers.push(database);
    process.env.HEDDLE_TEST_POSTGRES = database.url;
    // The README's lines, and the one that `npm start` prints, are run as they stand.
    if (!findOnPath('curl') && canInstall())
      await reportStep('installing curl', () => installPackage('curl'));
    for (const part of testProjects) await runTests(part, process.argv.slice(2));
  } finally {
    await Promise.all(servers.map((server) => server.stop()));
  }
  process.stdout.write(`${describe(total)}\n`);
  process.exitCode = total.failed > 0 ? 1 : 0;
});
process.exit();
