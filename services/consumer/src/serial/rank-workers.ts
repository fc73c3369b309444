import { createHash } from 'node:crypto';

/**
 * Workers in the order in which they should have something: the first is its owner, the second stands by. Every worker
 * comes to the same order by itself, and one that comes or goes moves only what it gets or had.
 */
export function rankWorkers(workers: Iterable<string>, something: string): string[] {
  return [...workers]
    .map((worker) => ({
      worker,
      weight: createHash('sha256').update(`${worker}\0${something}`).digest('hex'),
    }))
    .sort((a, b) => (a.weight < b.weight ? 1 : -1))
    .map(({ worker }) => worker);
}
