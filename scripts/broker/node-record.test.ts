import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { expect, it, onTestFinished, vi } from 'vitest';
import { isOurProcess } from './node-record.mjs';

it('knows a process by its command line', () => {
  expect(isOurProcess(process.pid, 'node')).toBe(true);
  expect(isOurProcess(process.pid, 'no such words')).toBe(false);
  expect(isOurProcess(undefined, '')).toBe(false);
});

it.runIf(existsSync('/proc'))(
  'takes one that has ended for dead, even if its parent has not asked about it',
  async () => {
    // The shell becomes `sleep`, which does not ask after the child it then has.
    const parent = spawn('/bin/sh', ['-c', 'sleep 0.2 & echo $!; exec sleep 600'], {
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    onTestFinished(() => void parent.kill('SIGKILL'));
    const [data] = (await once(parent.stdout, 'data')) as [Buffer];
    const child = Number(data.toString());
    await vi.waitUntil(() => !isOurProcess(child, ''), { timeout: 25_000 });
    expect(() => process.kill(child, 0)).not.toThrow();
  },
);
