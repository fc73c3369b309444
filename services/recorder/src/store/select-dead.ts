import type { DeadSelection } from '@heddle/contracts';
import { type DeadGroup, findDeadGroups, pageOfGroup } from './dead-groups.ts';
import type { Database } from './schema.ts';

export interface DeadJobs {
  /** How many were selected. */
  readonly all: number;
  /** Their ids in chunks, by day of death. Those of a chunk may be sent again or deleted before the next is read. */
  readonly chunks: AsyncIterable<string[]> | Iterable<string[]>;
}

export async function selectDead(
  db: Database,
  { ids, ...filter }: DeadSelection,
  chunk: number,
): Promise<DeadJobs> {
  if (ids !== undefined) {
    const named = [...new Set(ids)];
    return { all: named.length, chunks: cut(named, chunk) };
  }
  const groups = await findDeadGroups(db, filter);
  const all = groups.reduce((sum, group) => sum + group.jobs, 0);
  return { all, chunks: walkGroups(db, groups, chunk) };
}

function* cut(ids: readonly string[], chunk: number): Generator<string[]> {
  for (let from = 0; from < ids.length; from += chunk) yield ids.slice(from, from + chunk);
}

async function* walkGroups(
  db: Database,
  groups: readonly DeadGroup[],
  chunk: number,
): AsyncGenerator<string[]> {
  for (const group of groups) {
    let after: { id: string; at: number } | undefined;
    do {
      const page = await pageOfGroup(db, group, after, chunk);
      if (page.length > 0) yield page.map((job) => job.id);
      after = page.length === chunk ? page.at(-1) : undefined;
    } while (after);
  }
}
