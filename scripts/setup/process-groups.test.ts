import { once } from 'node:events';
import { expect, it, vi } from 'vitest';
import { isAlive } from '../../test/support/is-alive.ts';
import { killGroups, spawnGroup } from './process-groups.mjs';
import { runCommand } from './run-command.mjs';

it('ends a command with the processes that it has started', async () => {
  const child = spawnGroup('/bin/sh', ['-c', 'sleep 600 & echo $!; wait'], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const [data] = (await once(child.stdout ?? child, 'data')) as [Buffer];
  const grandchild = Number(data.toString());
  expect(isAlive(grandchild)).toBe(true);
  killGroups();
  await vi.waitUntil(() => !isAlive(grandchild), { timeout: 25_000 });
});

it('shows a command that was ended so as failed', async () => {
  const run = runCommand('sleep', ['600'], {}, spawnGroup);
  killGroups();
  await expect(run).rejects.toThrow('sleep 600 ended with SIGKILL');
});
