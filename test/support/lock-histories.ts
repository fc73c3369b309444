import fc from 'fast-check';
import { expect } from 'vitest';
import { isLinearizable } from './check-history.ts';
import type { ToolboxProcess } from './start-toolbox-process.ts';
import type { Done } from './toolbox-process.ts';

type Seen = Done<number | null> & { readonly by: number; readonly what: string; readonly item: number };

/** Lets the processes do what is written, all at the same time, with a lock and a `SimpleQueue` of that name. */
async function perform(
  processes: readonly ToolboxProcess[],
  name: string,
  programs: readonly (readonly string[])[],
): Promise<Seen[]> {
  const history: Seen[] = [];
  let items = 0;
  await Promise.all(
    programs.map(async (calls, by) => {
      const one = processes[by];
      if (!one) throw new Error(`there is no process ${by}`);
      let holds = false;
      for (const what of [...calls, 'release']) {
        // Waiting for what one holds would wait for ever.
        if (what === 'release' ? !holds : what.toLowerCase().includes('acquire') && holds) continue;
        items += 1;
        const item = items;
        const done = await one.tell<number | null>({ do: what, name, item } as never);
        if (what !== 'put' && what !== 'getNowait') holds = what !== 'release' && done.value !== null;
        history.push({ ...done, by, what, item });
      }
    }),
  );
  return history;
}

/** One lock, held by nobody at first; each holder's fence is greater than those before it. */
function isLockHistory(history: readonly Seen[]): boolean {
  return isLinearizable(history, { holder: -1, fence: 0 }, ({ holder, fence }, { what, by, value }) => {
    if (what === 'release') return holder === by ? { holder: -1, fence } : undefined;
    if (value === null) return holder === -1 ? undefined : { holder, fence };
    return holder === -1 && value !== undefined && value > fence ? { holder: by, fence: value } : undefined;
  });
}

function isSimpleQueueHistory(history: readonly Seen[]): boolean {
  return isLinearizable(history, [] as number[], (held, { what, item, value, error }) => {
    if (what === 'put') return [...held, item];
    if (error === 'Empty') return held.length === 0 ? held : undefined;
    return held[0] === value ? held.slice(1) : undefined;
  });
}

/** Random programs of up to `longest` calls a process: what came of them must be what one lock and one queue could have said. */
export async function checkLockHistories(
  processes: readonly ToolboxProcess[],
  { runs, longest }: { readonly runs: number; readonly longest: number },
): Promise<void> {
  const calls = fc.constantFrom('acquire', 'tryAcquire', 'release', 'put', 'getNowait');
  const program = fc.array(calls, { minLength: 3, maxLength: longest });
  const programs = fc.tuple(...processes.map(() => program));
  let count = 0;
  await fc.assert(
    fc.asyncProperty(programs, async (chosen) => {
      count += 1;
      const history = await perform(processes, `history-${count}`, chosen);
      const isQueue = ({ what }: Seen) => what === 'put' || what === 'getNowait';
      const locks = history.filter((seen) => !isQueue(seen));
      expect(isLockHistory(locks), `lock: ${JSON.stringify(locks)}`).toBe(true);
      const queue = history.filter(isQueue);
      expect(isSimpleQueueHistory(queue), `queue: ${JSON.stringify(queue)}`).toBe(true);
    }),
    { numRuns: runs },
  );
}
