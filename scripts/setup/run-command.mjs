import { spawn } from 'node:child_process';

/**
 * Runs a command to its end.
 * @param {string} command
 * @param {string[]} args
 * @param {import('node:child_process').SpawnOptions} [options]
 * @param {(command: string, args: string[], options: import('node:child_process').SpawnOptions) => import('node:child_process').ChildProcess} [start] `spawnGroup` for what starts processes of its own
 * @returns {Promise<string>} what it wrote to both outputs; rejects with the same when it fails
 */
export async function runCommand(command, args, options = {}, start = spawn) {
  const child = start(command, args, { stdio: ['ignore', 'pipe', 'pipe'], ...options });
  let output = '';
  child.stdout?.on('data', (chunk) => (output += chunk));
  child.stderr?.on('data', (chunk) => (output += chunk));
  const code = await new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (exitCode, signal) => resolve(signal ?? exitCode));
  });
  if (code !== 0) throw new CommandError(`${command} ${args.join(' ')} ended with ${code}`, output);
  return output;
}

/** A command that failed, with all that it wrote. */
export class CommandError extends Error {
  constructor(message, output) {
    super(message);
    this.output = output;
  }
}
