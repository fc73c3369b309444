import { execFileSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A folder on a disk of its own that can be made full. */
export interface SmallDisk {
  readonly folder: string;
  /** From now on nothing can be written there by this process. */
  fill(pid: number): Promise<void>;
  /** There is room again. */
  free(pid: number): Promise<void>;
  /** After everybody has left it. */
  remove(): Promise<void>;
}

const MEGABYTES = 24;

/** A file system in memory where we may mount one. Elsewhere the process is forbidden to make files longer, which SQLite calls an I/O error. */
export async function makeSmallDisk(): Promise<SmallDisk> {
  const folder = await mkdtemp(join(tmpdir(), 'heddle-disk-'));
  const mounted = tryTo('mount', ['-t', 'tmpfs', '-o', `size=${MEGABYTES}m`, 'tmpfs', folder]);
  const filler = join(folder, 'filler');
  const remove = async (): Promise<void> => {
    if (mounted) execFileSync('umount', [folder]);
    await rm(folder, { recursive: true, force: true });
  };
  if (mounted) return { folder, fill: () => fillUp(filler), free: () => rm(filler), remove };
  const limit = (pid: number, bytes: string) =>
    void execFileSync('prlimit', [`--pid=${pid}`, `--fsize=${bytes}:unlimited`]);
  return {
    folder,
    fill: (pid) => Promise.resolve(limit(pid, '1')),
    free: (pid) => Promise.resolve(limit(pid, 'unlimited')),
    remove,
  };
}

/** First in large pieces, then in small ones, until nothing fits. */
async function fillUp(file: string): Promise<void> {
  for (const piece of [1_048_576, 4_096]) {
    const bytes = Buffer.alloc(piece);
    while (await append(file, bytes));
  }
}

/** Whether there was room for it. */
async function append(file: string, bytes: Buffer): Promise<boolean> {
  try {
    await writeFile(file, bytes, { flag: 'a' });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
    return false;
  }
}

function tryTo(command: string, args: readonly string[]): boolean {
  try {
    execFileSync(command, args, { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}
