import { spawn } from 'node:child_process';
import { commandOf } from './find-rabbitmq.mjs';

let calls = 0;

/**
 * Evaluates an Erlang expression in a node of ours and returns the result as Erlang prints it; about 30 ms,
 * where `rabbitmqctl` takes 700.
 * @param {import('./node-record.mjs').NodeRecord} record
 * @param {string} expression without its final full stop
 * @returns {Promise<string>}
 */
export async function evaluate(record, expression, timeoutMs = 30_000) {
  // Two callers of one name cannot be connected at once. Names are atoms, which a node never forgets: so they come again.
  calls = (calls + 1) % 100;
  const caller = `heddle-${process.pid}-${calls}`;
  const args = [
    '-sname',
    record.nodename,
    '-h',
    caller,
    '-timeout',
    String(Math.ceil(timeoutMs / 1000)),
    '-e',
  ];
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

/**
 * Evaluates an expression whose result RabbitMQ can encode as JSON.
 * @returns {Promise<unknown>}
 */
export async function evaluateJson(record, expression, timeoutMs = 30_000) {
  const encoded = `binary_to_list(iolist_to_binary(base64:encode(rabbit_json:encode(${expression}))))`;
  const printed = await evaluate(record, encoded, timeoutMs);
  // Long strings are printed as lists of character codes.
  const text = printed.startsWith('"') ? printed.slice(1, -1) : String.fromCharCode(...JSON.parse(printed));
  return JSON.parse(Buffer.from(text, 'base64').toString('utf8'));
}
