import { bootstrap, root, runScript } from '../setup/bootstrap.mjs';
import { killGroups } from '../setup/process-groups.mjs';
import { reportStep } from '../setup/report-step.mjs';
import { onStopAsked } from '../stack/on-stop-asked.mjs';
import { installPrograms } from './install-programs.mjs';
import { runChecks } from './run-checks.mjs';
import { runVitest } from './run-vitest.mjs';
import { startServers } from './start-servers.mjs';

const EXIT_INTERRUPTED = 130;

/**
 * Sets up what is missing, runs checks and test projects, and ends the process: the last line counts them, the exit code is 0
 * only if none failed. The script's arguments pick test files.
 * @param {{checks?: typeof import('./list-checks.mjs').checks, projects: typeof import('./list-checks.mjs').testProjects}} suite
 */
export async function runSuite({ checks = [], projects }) {
  const interrupt = () => {
    killGroups();
    process.exit(EXIT_INTERRUPTED);
  };
  onStopAsked(interrupt, interrupt);
  await runScript(async () => {
    // Fetching what is missing mostly waits: it goes on beside what needs none of it.
    const programs = installPrograms();
    await bootstrap();
    const [total, stopServers] = await Promise.all([runChecks(checks), programs.then(startServers)]);
    try {
      for (const part of projects) {
        const outcome = await runTests(part, process.argv.slice(2));
        for (const kind of Object.keys(total)) total[kind] += outcome[kind];
      }
    } finally {
      await stopServers();
    }
    process.stdout.write(`${describe(total)}\n`);
    process.exitCode = total.failed > 0 ? 1 : 0;
  });
  // Checks go on when a server beside them could not be started.
  killGroups();
  process.exit();
}

async function runTests({ what, project }, filters) {
  const outcome = await reportStep(what, async (says) => {
    const result = await runVitest(root, ['--project', project, '--passWithNoTests', ...filters]);
    says(describe(result));
    return result;
  });
  if (outcome.failed > 0) process.stdout.write(`${outcome.output.trimEnd()}\n`);
  return outcome;
}

function describe({ passed, failed, skipped }) {
  return `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`;
}
