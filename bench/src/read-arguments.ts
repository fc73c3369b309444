import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import type { Benchmark, BenchSettings } from './harness/benchmark.ts';

export const usage = `usage: npm run bench -- [NAME…] [--rounds N] [--scale X] [--folder PHOTOS] [--check] [--list]

  NAME      benchmarks to run; all when none is named
  --rounds  measured rounds of each contestant (default 5)
  --scale   size of each round, 1 = full (default 1)
  --folder  photos for "thumbnails" (default: generated ones)
  --check   end with code 1 when a target is missed
  --list    say what there is, and run nothing
`;

export interface Arguments extends BenchSettings {
  readonly chosen: readonly Benchmark[];
  readonly check: boolean;
  readonly list: boolean;
}

/** Reads the command line and `AMQP_URL`. Throws an error whose message says what was expected. */
export function readArguments(
  args: readonly string[],
  env: NodeJS.ProcessEnv,
  benchmarks: readonly Benchmark[],
): Arguments {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      rounds: { type: 'string', default: '5' },
      scale: { type: 'string', default: '1' },
      folder: { type: 'string' },
      check: { type: 'boolean', default: false },
      list: { type: 'boolean', default: false },
    },
  });
  const rounds = Number(values.rounds);
  if (!Number.isInteger(rounds) || rounds < 1 || rounds > 100) {
    throw new RangeError(`--rounds: expected a whole number from 1 to 100, got "${values.rounds}"`);
  }
  const scale = Number(values.scale);
  if (!(scale > 0 && scale <= 100)) {
    throw new RangeError(`--scale: expected a number above 0, at most 100, got "${values.scale}"`);
  }
  const names = benchmarks.map(({ name }) => name);
  const unknown = positionals.find((name) => !names.includes(name));
  if (unknown !== undefined) {
    throw new RangeError(`expected one of ${names.join(', ')}, got "${unknown}"`);
  }
  return {
    amqpUrl: env['AMQP_URL'] || 'amqp://guest:guest@127.0.0.1:5672',
    rounds,
    scale,
    folder: values.folder === undefined ? undefined : resolve(env['INIT_CWD'] ?? '.', values.folder),
    chosen: benchmarks.filter(({ name }) => positionals.length === 0 || positionals.includes(name)),
    check: values.check,
    list: values.list,
  };
}
