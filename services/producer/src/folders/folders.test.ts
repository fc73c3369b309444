import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type NewJob, newJobId } from '@heddle/client';
import type { HeddleError, RecorderRequest } from '@heddle/contracts';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { anyPlan } from '../../test/any-plan.ts';
import { findFolder } from './find-folder.ts';
import { listFolder } from './list-folder.ts';
import { readAtMost } from './read-at-most.ts';
import { submitFiles } from './submit-files.ts';
import { walkFolder } from './walk-folder.ts';

let folder: string;
let photos: string;
const never = new AbortController().signal;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'heddle-folders-'));
  photos = join(folder, 'photos');
  await mkdir(join(photos, 'a/b'), { recursive: true });
  await mkdir(join(folder, 'photos-of-others'));
  await mkdir(join(photos, '.git'));
  for (const file of ['1.png', 'a/2.png', 'a/b/3 ü.png', '.hidden', '.git/config']) {
    await writeFile(join(photos, file), `bytes of ${file}`);
  }
  await writeFile(join(folder, 'secret'), 'secret');
  await symlink(join(folder, 'secret'), join(photos, 'link.png'));
  await symlink(folder, join(photos, 'up'));
});
afterEach(() => rm(folder, { recursive: true }));

describe('a folder', () => {
  it.each(['photos', 'photos/a', 'photos/a/../a/b'])(
    'is found by the name of an allowed one: %s',
    async (asked) => {
      expect(await findFolder(asked, [photos])).toBe(join(folder, asked));
      expect(await findFolder(join(folder, asked), [photos])).toBe(join(folder, asked));
    },
  );

  it.each([
    '',
    '/',
    '..',
    'photos/..',
    'photos/up',
    'photos/../photos-of-others',
    'photos-of-others',
    'photos/1.png',
    'photos/none',
    '/etc',
  ])('is refused when it is elsewhere, none, or not there: %j', async (asked) => {
    await expect(findFolder(asked, [photos])).rejects.toMatchObject({
      code: 'folder_refused',
      message: expect.not.stringContaining(folder),
    });
  });

  it('is walked as it comes, without what is hidden or a link', async () => {
    const files = [];
    for await (const file of walkFolder(photos)) files.push(file);
    expect(files.toSorted()).toEqual(['1.png', 'a/2.png', 'a/b/3 ü.png']);
  });
});

/** A recorder that keeps parts by their place. */
function recorder() {
  const asked: RecorderRequest[] = [];
  return {
    asked,
    ask: (async (request: RecorderRequest) => {
      asked.push(request);
      return { id: '' };
    }) as never,
  };
}

describe('the files of a batch', () => {
  const planOf = (name: string) => anyPlan({ total: 0, files: { folder: name, input: { sizes: [32] } } });

  it('go to the recorder, and then how many there are', async () => {
    const kept = recorder();
    const plan = planOf('photos');
    await listFolder(kept, plan, [photos], never);
    expect(kept.asked).toMatchObject([
      { op: 'drop-batch-parts', batch: plan.id },
      { op: 'batch-part', first: 0, inputs: expect.arrayContaining(['1.png', 'a/2.png', 'a/b/3 ü.png']) },
      { op: 'create-batch', plan: { total: 3 }, source: { staged: 3 } },
    ]);
  });

  it('go in parts, which are never held together', async () => {
    await Promise.all(
      Array.from({ length: 3_000 }, (_, n) => writeFile(join(photos, `${'x'.repeat(200)}${n}`), '')),
    );
    const kept = recorder();
    await listFolder(kept, planOf('photos'), [photos], never);
    const parts = kept.asked.filter(({ op }) => op === 'batch-part') as {
      first: number;
      inputs: unknown[];
    }[];
    expect(parts).toHaveLength(2);
    expect(parts[1]?.first).toBe(parts[0]?.inputs.length);
    expect(kept.asked.at(-1)).toMatchObject({ source: { staged: 3_003 } });
  });

  it.each(['elsewhere', 'photos-of-others'])('that are none become one that says why: %s', async (name) => {
    const kept = recorder();
    await listFolder(kept, planOf(name), [photos, join(folder, 'photos-of-others')], never);
    expect(kept.asked.slice(-2)).toMatchObject([
      {
        op: 'batch-part',
        first: 0,
        inputs: [{ refused: expect.stringMatching(/expected a folder|holds no files/) }],
      },
      { op: 'create-batch', source: { staged: 1 } },
    ]);
  });

  it('that cannot be read to their end become one that says why, after some tries', async () => {
    const kept = recorder();
    let walks = 0;
    const walk = async function* () {
      walks += 1;
      yield '1.png';
      throw Object.assign(new Error('EIO: i/o error, scandir'), { code: 'EIO', syscall: 'scandir' });
    };
    await listFolder(kept, planOf('photos'), [photos], never, { walk, againAfterMs: 1 });
    expect(walks).toBe(5);
    expect(kept.asked.slice(-2)).toMatchObject([
      { op: 'batch-part', first: 0, inputs: [{ refused: '"photos" cannot be read: EIO' }] },
      { op: 'create-batch', plan: { total: 1 }, source: { staged: 1 } },
    ]);
  });

  it('are listed in the end when the folder could not be read for a moment', async () => {
    const kept = recorder();
    let walks = 0;
    const walk = async function* (folder: string) {
      walks += 1;
      yield* walkFolder(folder);
      if (walks === 1) throw Object.assign(new Error('EIO'), { code: 'EIO', syscall: 'scandir' });
    };
    await listFolder(kept, planOf('photos'), [photos], never, { walk, againAfterMs: 1 });
    expect(kept.asked.at(-1)).toMatchObject({ plan: { total: 3 }, source: { staged: 3 } });
  });

  it('are not judged while this process is short of files', async () => {
    const kept = recorder();
    const walk = async function* () {
      yield '1.png';
      throw Object.assign(new Error('EMFILE'), { code: 'EMFILE', syscall: 'scandir' });
    };
    await expect(listFolder(kept, planOf('photos'), [photos], never, { walk })).rejects.toThrow('EMFILE');
    expect(kept.asked.map(({ op }) => op)).toEqual(['drop-batch-parts']);
  });

  it('are read no further than a message has room, however they grow', async () => {
    /** A file that gets so many bytes whenever it is read, up to `end`. */
    const growing = (end: number) => {
      let asked = 0;
      const read = async (into: Buffer, offset: number, length: number, position: number) => {
        asked = Math.max(asked, offset + length);
        const bytesRead = Math.min(length, 5, Math.max(0, end - position));
        into.fill('x', offset, offset + bytesRead);
        return { bytesRead, buffer: into };
      };
      return { asked: () => asked, file: { read } as never };
    };
    const few = growing(12);
    expect((await readAtMost(few.file, 3, 16))?.toString()).toBe('x'.repeat(12));
    const most = growing(16);
    expect(await readAtMost(most.file, 16, 16)).toHaveLength(16);
    const endless = growing(Number.POSITIVE_INFINITY);
    expect(await readAtMost(endless.file, 3, 16)).toBeUndefined();
    expect(endless.asked()).toBeLessThanOrEqual(17);
    const shrunk = growing(2);
    expect(await readAtMost(shrunk.file, 10, 16)).toHaveLength(2);
  });

  it('are sent with their bytes; one that cannot be read fails alone', async () => {
    const submitted: NewJob[] = [];
    const refused: [unknown, string][] = [];
    const ports = {
      submitter: {
        submit: async (job: NewJob) => (submitted.push(job), { id: job.id ?? '' }),
        refuse: async ({ input }: NewJob, { code }: HeddleError) => void refused.push([input, code]),
      },
      events: { add: () => Promise.resolve() },
      folders: [photos],
      maxMessageBytes: 16,
    };
    const files = [
      '1.png',
      'gone.png',
      'a',
      'link.png',
      '../secret',
      'a/b/3 ü.png',
      'a/2.png',
      { refused: 'none' },
    ];
    const jobs = files.map((file) => ({
      id: newJobId(),
      task: 'image.thumbnail',
      input: { sizes: [32], file },
    }));
    await submitFiles(ports, 'photos', jobs, never);
    expect(submitted.map(({ input, bytes }) => [input, bytes?.body.toString()])).toEqual([
      [{ sizes: [32], file: '1.png' }, 'bytes of 1.png'],
      [{ sizes: [32], file: 'a/2.png' }, 'bytes of a/2.png'],
    ]);
    expect(refused).toEqual([
      [{ sizes: [32], file: 'gone.png' }, 'file_unreadable'],
      [{ sizes: [32], file: 'a' }, 'file_unreadable'],
      [{ sizes: [32], file: 'link.png' }, 'file_unreadable'],
      [{ sizes: [32], file: '../secret' }, 'file_unreadable'],
      [{ sizes: [32], file: 'a/b/3 ü.png' }, 'message_too_large'],
      [{ sizes: [32] }, 'folder_refused'],
    ]);
  });
});
