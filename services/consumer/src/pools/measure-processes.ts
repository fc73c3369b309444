import { readFileSync } from 'node:fs';

/** Of what Linux counts in /proc; it has been 4 KiB and a hundredth of a second on every machine that runs Node. */
const PAGE_BYTES = 4_096;
const TICKS_PER_SECOND = 100;
/** Counted from behind the name, which may hold anything; see proc(5). */
const USER_TICKS = 11;
const SYSTEM_TICKS = 12;

/** What child processes use, read from /proc; elsewhere than on Linux it is 0. */
export class ProcessUsage {
  /** For each group what its ended processes had used when last seen, and what its living ones have. */
  readonly #cpu = new Map<string, { ended: number; living: Map<number, number> }>();

  /** Resident memory, shared pages counted once for each. */
  memoryBytes(processes: readonly number[]): number {
    let pages = 0;
    for (const id of processes) pages += Number(read(id, 'statm').split(' ')[1] ?? 0);
    return pages * PAGE_BYTES;
  }

  /** Processor time of all processes that were ever in the group; never falls. */
  cpuSeconds(group: string, processes: readonly number[]): number {
    const before = this.#cpu.get(group) ?? { ended: 0, living: new Map<number, number>() };
    const living = new Map(
      processes.map((id) => [id, Math.max(before.living.get(id) ?? 0, cpuSecondsOf(id))]),
    );
    let { ended } = before;
    for (const [id, seconds] of before.living) if (!living.has(id)) ended += seconds;
    this.#cpu.set(group, { ended, living });
    return [...living.values()].reduce((sum, seconds) => sum + seconds, ended);
  }
}

function cpuSecondsOf(id: number): number {
  const stat = read(id, 'stat');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[USER_TICKS] ?? 0) + Number(fields[SYSTEM_TICKS] ?? 0)) / TICKS_PER_SECOND;
}

/** Empty when the process has just ended, or there is no /proc. */
function read(id: number, file: string): string {
  try {
    return readFileSync(`/proc/${id}/${file}`, 'latin1');
  } catch {
    return '';
  }
}
