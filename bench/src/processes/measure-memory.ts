import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Resident memory of a process and of everything it started, in megabytes (10⁶ bytes). */
export async function residentMegabytes(
  pid: number,
): Promise<{ readonly own: number; readonly tree: number }> {
  const { stdout } = await run('ps', ['-A', '-o', 'pid=,ppid=,rss=']);
  const rows = stdout
    .trim()
    .split('\n')
    .map((line) => line.trim().split(/\s+/).map(Number) as [pid: number, parent: number, kibibytes: number]);
  const own = rows.find(([id]) => id === pid)?.[2];
  if (own === undefined) throw new Error(`expected process ${pid} to be running`);
  const tree = new Set([pid]);
  let total = 0;
  // Parents may come after their children in the list: look again until nobody is added.
  for (let before = 0; before !== tree.size; ) {
    before = tree.size;
    for (const [id, parent] of rows) if (tree.has(parent)) tree.add(id);
  }
  for (const [id, , kibibytes] of rows) if (tree.has(id)) total += kibibytes;
  return { own: (own * 1_024) / 1e6, tree: (total * 1_024) / 1e6 };
}
