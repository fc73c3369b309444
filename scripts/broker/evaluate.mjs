import { spawn } from 'node:child_process';
import { commandOf } from './find-rabbitmq.mjs';

/**
 * Evaluates an Erlang expression in a node of ours and returns the result as Erlang prints it; about 30 ms,
 * where `rabbitmqctl` takes 700.
 * @param {import('./node-record.mjs').NodeRecord} record
 * @param {string} expression without its final full stop
 * @returns {Promise<string>}
 */
export async function evaluate(record, expression, timeoutMs = 30_000) {
  const args = ['-sname', record.nodename, '-r', '-timeout', String(Math.ceil(timeoutMs / 1000)), '-e'];
  const [command, fullArgs] = commandOf(record.installation, 'erl_call', args);
  const env = {
    PATH: process.env.PATH,
    HOME: record.home,
    ERL_EPMD_PORT: String(record.epmdPort),
    ERL_EPMD_ADDRESS: '127.0.0.1',
  };
  const child = spawn(command, fullArgs, { env, stdio: ['pipe', 'pipe', 'pipe'] });
  let answer = '';
  let complaint = '';
  child.stdout.on('data', (chunk) => (answer += chunk));
  child.stderr.on('data', (chunk) => (complaint += chunk));
  child.stdin.on('error', () => {});
  child.stdin.end(`${expression}.\n`);
  const code = await new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  const result = /^\{ok, ?([\s\S]*)\}\s*$/.exec(answer);
  if (code !== 0 || !result) {
    throw new Error(
      `${record.nodename} did not evaluate ${expression}: ${(answer + complaint).trim() || code}`,
    );
  }
  return result[1];
}
