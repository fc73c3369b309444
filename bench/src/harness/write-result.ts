import { mkdir, rename, writeFile } from 'node:fs/promises';
import type { Outcome } from './benchmark.ts';
import type { Machine } from './describe-machine.ts';

export interface ResultFile {
  readonly benchmark: string;
  readonly about: string;
  /** ISO 8601, UTC. */
  readonly date: string;
  readonly machine: Machine;
  readonly rounds: number;
  readonly scale: number;
  readonly outcomes: readonly Outcome[];
}

/** Writes `<benchmark>.json` into the folder, whole or not at all. */
export async function writeResult(folder: URL, result: ResultFile): Promise<void> {
  await mkdir(folder, { recursive: true });
  const file = new URL(`${result.benchmark}.json`, folder);
  const unfinished = new URL(`${result.benchmark}.json.tmp`, folder);
  await writeFile(unfinished, `${JSON.stringify(result, null, 2)}\n`);
  await rename(unfinished, file);
}
