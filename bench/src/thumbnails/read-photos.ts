import { readdir, readFile } from 'node:fs/promises';
import { extname, join } from 'node:path';
import type { Photo } from './generate-photos.ts';

const TYPES: Readonly<Record<string, string>> = {
  '.jpg': 'image/jpeg',
  '.jpeg': 'image/jpeg',
  '.png': 'image/png',
  '.webp': 'image/webp',
  '.gif': 'image/gif',
};

/** The JPEG, PNG, WebP and GIF files of a folder, by name. */
export async function readPhotos(folder: string): Promise<Photo[]> {
  const names = (await readdir(folder)).filter((name) => extname(name).toLowerCase() in TYPES).toSorted();
  if (names.length === 0) throw new Error(`expected JPEG, PNG, WebP or GIF files in ${folder}, found none`);
  return Promise.all(
    names.map(async (name) => ({
      name,
      type: TYPES[extname(name).toLowerCase()] ?? '',
      bytes: await readFile(join(folder, name)),
    })),
  );
}
