import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { countFiles, walkFiles } from './walk-files.mjs';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'heddle-walk-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function names(except?: string): Promise<string[]> {
  const found: string[] = [];
  for await (const { name } of walkFiles(folder, except)) found.push(name);
  return found.toSorted();
}

it('finds files in folders below, whatever they are called, and leaves hidden ones out', async () => {
  await mkdir(join(folder, 'two words', 'deep'), { recursive: true });
  await writeFile(join(folder, 'two words', 'deep', 'ü 日本 #?.jpg'), '');
  await writeFile(Buffer.concat([Buffer.from(`${folder}/`), Buffer.from([0x66, 0xfc, 0x72])]), '');
  await writeFile(join(folder, '.hidden'), '');
  expect(await names()).toEqual(['f%FCr', 'two words/deep/ü 日本 #?.jpg']);
});

it('follows links to files, but none to folders, nowhere or in circles', async () => {
  await writeFile(join(folder, 'a.jpg'), '');
  await symlink('a.jpg', join(folder, 'b.jpg'));
  await symlink('nowhere', join(folder, 'c.jpg'));
  await symlink('.', join(folder, 'circle'));
  await symlink('d.jpg', join(folder, 'd.jpg'));
  expect(await names()).toEqual(['a.jpg', 'b.jpg']);
  expect(await countFiles(folder)).toBe(2);
});

it('leaves out the folder that thumbnails go to', async () => {
  await mkdir(join(folder, 'out'));
  await writeFile(join(folder, 'out', '32.png'), '');
  await writeFile(join(folder, 'a.jpg'), '');
  expect(await names(join(folder, 'out'))).toEqual(['a.jpg']);
});

it('says what it expected when the folder is none', async () => {
  await expect(countFiles(join(folder, 'nowhere'))).rejects.toThrow('expected a folder with images');
});
