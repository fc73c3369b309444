import { delimiter, dirname, join } from 'node:path';
import { root } from '../setup/bootstrap.mjs';
import { spawnGroup } from '../setup/process-groups.mjs';
import { reportWhenDone } from '../setup/report-step.mjs';
import { CommandError, runCommand } from '../setup/run-command.mjs';

/**
 * Runs checks side by side; the output of one that fails is shown in full.
 * @param {readonly {what: string, tool?: string, script?: string, args: string[]}[]} checks
 * @returns {Promise<{passed: number, failed: number, skipped: number}>}
 */
export async function runChecks(checks) {
  const outputs = await Promise.all(checks.map(runCheck));
  const complaints = outputs.filter((output) => output !== undefined);
  for (const complaint of complaints) process.stdout.write(`${complaint.trimEnd()}\n`);
  return { passed: checks.length - complaints.length, failed: complaints.length, skipped: 0 };
}

/** What it wrote if it failed. */
async function runCheck({ what, tool, script, args }) {
  const command = script ? process.execPath : join(root, 'node_modules', '.bin', tool);
  // The tools' own first lines ask for a `node`: let it be this one.
  const env = { ...process.env, PATH: [dirname(process.execPath), process.env.PATH].join(delimiter) };
  try {
    await reportWhenDone(what, () =>
      runCommand(command, script ? [join(root, script), ...args] : args, { cwd: root, env }, spawnGroup),
    );
    return undefined;
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    return error.output;
  }
}
