import { spawn } from 'node:child_process';

const MARK = '=====';

/** The lines of a document's `sh` blocks, without their comments. */
export function shellLines(document: string): string[] {
  const blocks = [...document.matchAll(/```sh\n([^]*?)```/g)].map(([, text = '']) => text);
  return blocks.flatMap((text) => text.split('\n')).filter((line) => line !== '' && !line.startsWith('#'));
}

/**
 * The limits in these lines are for people. Where a test waits for what is to come it waits for longer: a machine that stands still
 * for a while is no failure. A gather waits for its whole deadline, if not all is there.
 */
export function patient(line: string): string {
  return line
    .replace(/(?<=prefer: wait=)\d+/, '100')
    .replace(/(?<=--max-time )\d+/, '100')
    .replace(/(?<=\/v1\/gather .*"deadline": ")\w+(?=")/, '10s');
}

/** Runs lines in one shell, as somebody who pastes them does; gives what each printed. Rejects at the first that fails. */
export async function runLines(commands: readonly string[], cwd: string): Promise<string[]> {
  const script = commands.map((command) => `${patient(command)}\nprintf '\\n${MARK}\\n'`).join('\n');
  const shell = spawn('/bin/sh', ['-e'], { cwd, stdio: ['pipe', 'pipe', 'pipe'] });
  let output = '';
  let complaint = '';
  shell.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  shell.stderr.on('data', (chunk: Buffer) => (complaint += chunk.toString()));
  shell.stdin.end(script);
  const code = await new Promise((resolve) => shell.once('close', resolve));
  if (code !== 0) throw new Error(`the shell ended with ${String(code)}: ${complaint}\n${output}`);
  return output.split(`\n${MARK}\n`);
}
