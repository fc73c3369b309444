import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished, vi } from 'vitest';
import { installPrograms } from './install-programs.mjs';

it('leaves what cannot be installed to the tests that need it', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'heddle-programs-'));
  // As without a network.
  await writeFile(join(folder, 'apt-get'), '#!/bin/sh\nexit 100\n', { mode: 0o755 });
  vi.stubEnv('PATH', folder);
  const root = vi.spyOn(process, 'getuid').mockReturnValue(0);
  onTestFinished(async () => {
    root.mockRestore();
    vi.unstubAllEnvs();
    await rm(folder, { recursive: true, force: true });
  });
  await expect(installPrograms()).resolves.toBeUndefined();
});
