import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { sweepStaleNodes } from './stop-stale-node.mjs';

it('sweeping leaves a node to its keeper, also to one that is about to end, and waits for none', async () => {
  const parent = await mkdtemp(join(tmpdir(), 'heddle-sweep-'));
  const keeper = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)', 'keep-node.mjs'], {
    stdio: 'ignore',
  });
  onTestFinished(async () => {
    keeper.kill('SIGKILL');
    await rm(parent, { recursive: true, force: true });
  });
  await once(keeper, 'spawn');
  const owner = spawn(process.execPath, ['-e', ''], { stdio: 'ignore' });
  await once(owner, 'exit');
  const record = async (name: string, keeperPid: number | undefined) => {
    mkdirSync(join(parent, name));
    await writeFile(join(parent, name, 'node.json'), JSON.stringify({ keeperPid, ownerPid: owner.pid }));
  };
  await record('kept', keeper.pid);
  await record('left behind', owner.pid);
  await sweepStaleNodes(parent);
  expect(existsSync(join(parent, 'kept'))).toBe(true);
  expect(existsSync(join(parent, 'left behind'))).toBe(false);
});
