import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { readArguments } from './read-arguments.ts';

const topology = fileURLToPath(new URL('../topology.mjs', import.meta.url));
const run = (...args: readonly string[]) => promisify(execFile)(process.execPath, [topology, ...args]);

test('the rights of a program are lines that a shell can run, and nothing else', async () => {
  const program = ['--program', 'bank', '--sync', 'lock.bank,event.go', '--submit', 'debug.echo'];
  const { stdout } = await run('permissions', ...program, '--vhost', "o'hara");
  const lines = stdout.trim().split('\n');
  expect(lines[0]).toMatch(/^rabbitmqctl set_permissions --vhost 'o'\\''hara' bank '\^\$' '\^heddle/);
  expect(lines).toContain(
    "rabbitmqctl set_topic_permissions --vhost 'o'\\''hara' bank heddle.submit '^debug\\.echo$' '^$'",
  );
  expect(lines.filter((line) => !line.startsWith('rabbitmqctl set_'))).toEqual([]);
});

test('what is asked for wrongly is refused with what was expected', async () => {
  await expect(run('permissions', '--sync', 'lock.bank')).rejects.toMatchObject({
    stderr: expect.stringContaining('expected --program NAME too'),
  });
  await expect(run('permissions', '--program', 'bank', '--sync', 'mutex.bank')).rejects.toMatchObject({
    stderr: expect.stringContaining('"lock.bank"'),
  });
  await expect(run('declare', '--program', 'bank', '--sync', 'lock.bank')).rejects.toMatchObject({
    stderr: expect.stringContaining('expected "permissions" or "objects FOLDER"'),
  });
  await expect(run('objects')).rejects.toMatchObject({
    stderr: expect.stringMatching(/got "objects"\s+usage: npm run topology -- objects FOLDER/),
  });
});

test.each([
  ['permissions', '--vhost VHOST'],
  ['declare', '[TASK …]'],
  ['objects', 'objects FOLDER'],
])('an option that %s does not know is named, and how it is used is told', (command, use) => {
  const reading = () => readArguments([command, '--bogus']);
  expect(reading).toThrow("Unknown option '--bogus'");
  expect(reading).toThrow(`usage: npm run topology -- ${command}`);
  expect(reading).toThrow(use);
});

test('an option that nobody knows ends the command with that, and without a stack', async () => {
  await expect(run('permissions', '--bogus')).rejects.toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/Unknown option '--bogus'((?!node:internal)[^])*$/),
  });
});
