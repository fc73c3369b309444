import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { spawnGroup } from '../setup/process-groups.mjs';

/** What came of a run of vitest. @typedef {{passed: number, failed: number, skipped: number, output: string}} TestOutcome */

/**
 * Runs vitest with these arguments, in a process group of its own.
 * @param {string} root
 * @param {string[]} args
 * @returns {Promise<TestOutcome>}
 */
export async function runVitest(root, args, env = process.env) {
  const folder = mkdtempSync(join(tmpdir(), 'heddle-vitest-'));
  const report = join(folder, 'report.json');
  const main = join(root, 'node_modules', 'vitest', 'vitest.mjs');
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`];
  try {
    const child = spawnGroup(process.execPath, [main, 'run', ...reporters, ...args], {
      cwd: root,
      env: { ...env, ...(process.stdout.isTTY ? { FORCE_COLOR: '1' } : { NO_COLOR: '1' }) },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += chunk));
    const code = await new Promise((resolve) => child.once('close', resolve));
    return { ...countOutcomes(report, code), output };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** A file that could not be loaded, and an error outside of any test, count as one failure each. */
function countOutcomes(report, code) {
  let results;
  try {
    results = JSON.parse(readFileSync(report, 'utf8'));
  } catch {
    return { passed: 0, failed: 1, skipped: 0 };
  }
  const unloaded = results.testResults.filter(
    ({ status, assertionResults }) =>
      status === 'failed' && !assertionResults.some((test) => test.status === 'failed'),
  );
  const failed = results.numFailedTests + unloaded.length;
  return {
    passed: results.numPassedTests,
    failed: code !== 0 && failed === 0 ? 1 : failed,
    skipped: results.numPendingTests + results.numTodoTests,
  };
}
