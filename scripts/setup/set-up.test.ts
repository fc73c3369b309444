import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { removeStaleOutputs } from './build.mjs';
import { areInstalled } from './install-dependencies.mjs';

let root: string;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'heddle-set-up-'));
});
afterEach(() => rm(root, { recursive: true, force: true }));

async function write(path: string, content: unknown = ''): Promise<void> {
  await mkdir(dirname(join(root, path)), { recursive: true });
  await writeFile(join(root, path), typeof content === 'string' ? content : JSON.stringify(content));
}

describe('the dependencies', () => {
  const zod = { version: '4.6.0', integrity: 'sha512-a' };
  const forMac = { version: '1.0.0', integrity: 'sha512-b', optional: true };

  it('are missing in a fresh clone', async () => {
    await write('package-lock.json', { packages: { 'node_modules/zod': zod } });
    expect(areInstalled(root)).toBe(false);
  });

  it('are there when versions agree; what is for another system may be absent', async () => {
    await write('package-lock.json', {
      packages: { '': {}, 'node_modules/zod': zod, 'node_modules/mac': forMac },
    });
    await write('node_modules/.package-lock.json', { packages: { 'node_modules/zod': zod } });
    expect(areInstalled(root)).toBe(true);
  });

  it('are stale when one has another version or other bytes', async () => {
    await write('package-lock.json', { packages: { 'node_modules/zod': zod } });
    for (const other of [
      { ...zod, version: '4.5.0' },
      { ...zod, integrity: 'sha512-c' },
    ]) {
      await write('node_modules/.package-lock.json', { packages: { 'node_modules/zod': other } });
      expect(areInstalled(root)).toBe(false);
    }
  });
});

describe('before a build', () => {
  it('outputs go whose sources are gone, and the others stay', async () => {
    await write('src/kept.ts');
    const outputs = (name: string) =>
      ['.js', '.js.map', '.d.ts', '.d.ts.map'].map((end) => `dist/${name}${end}`);
    for (const path of [...outputs('kept'), ...outputs('folder/gone')]) await write(path);
    removeStaleOutputs(root);
    expect(outputs('kept').every((path) => existsSync(join(root, path)))).toBe(true);
    expect(outputs('folder/gone').some((path) => existsSync(join(root, path)))).toBe(false);
  });

  it('the compiler’s notes go when its outputs are gone', async () => {
    await write('tsconfig.tsbuildinfo');
    removeStaleOutputs(root);
    expect(existsSync(join(root, 'tsconfig.tsbuildinfo'))).toBe(false);
  });
});
