import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { quartersImage } from '../../test/pictures.ts';
import { sharp } from './image-library.ts';
import { openedFormats } from './sniff-image.ts';

describe('the image library', () => {
  it.each(openedFormats)('opens %s, so that no name in the list is misspelt', async (format) => {
    const file = await quartersImage().toFormat(format).toBuffer();
    await expect(sharp(file).metadata()).resolves.toMatchObject({ width: 64, height: 32 });
  });

  it('opens nothing else', async () => {
    const svg = Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="1" height="1"/>');
    const tiff = await quartersImage().tiff().toBuffer();
    for (const file of [svg, tiff]) await expect(sharp(file).metadata()).rejects.toThrow(/unsupported/);
  });

  it('opens no files, whatever their format', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'heddle-'));
    const path = join(folder, 'picture.png');
    await quartersImage().png().toFile(path);
    await expect(sharp(path).metadata()).rejects.toThrow();
    await rm(folder, { recursive: true });
  });

  it('takes one core at a time and keeps no cache', () => {
    expect(sharp.concurrency()).toBe(1);
    expect(sharp.cache()).toMatchObject({ memory: { max: 0 }, items: { max: 0 } });
  });
});
