import { mkdir, mkdtemp, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { giveTimeOf, keepResumable } from './keep-resumable.mjs';

let scratch: string;
let photos: string;
let out: string;
beforeEach(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'heddle-resume-'));
  [photos, out] = [join(scratch, 'photos'), join(scratch, 'out')];
  await mkdir(join(photos, 'a/.hidden'), { recursive: true });
  await mkdir(out);
  for (const file of ['1.png', 'a/2.png', '.3.png', 'a/.hidden/4.png'])
    await writeFile(join(photos, file), file);
});
afterEach(() => rm(scratch, { recursive: true }));

it('a run that was stopped is gone on with: what is whole and as old as its picture is done', async () => {
  const file = join(photos, '1.png');
  const thumbnails = ['32.png', '64.png'].map((name) => join(out, name));
  const first = await keepResumable(photos, out);
  expect(await first.isDone(file, thumbnails)).toBe(false);
  for (const thumbnail of thumbnails) await writeFile(thumbnail, 'made');
  await giveTimeOf(file, thumbnails);
  expect(await first.isDone(file, thumbnails)).toBe(false);

  const second = await keepResumable(photos, out);
  expect(second.resumes).toBe(true);
  expect(await second.isDone(file, thumbnails)).toBe(true);
  expect(await second.isDone(file, [...thumbnails, join(out, '128.png')])).toBe(false);
  await utimes(file, 1, 1);
  expect(await second.isDone(file, thumbnails)).toBe(false);

  expect((await keepResumable(join(scratch, 'others'), out)).resumes).toBe(false);
  await second.finish();
  expect((await keepResumable(photos, out)).resumes).toBe(false);
});
