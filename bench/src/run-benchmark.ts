import { mkdir, rm } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { Benchmark, BenchSettings, Outcome } from './harness/benchmark.ts';
import type { CleanUp } from './harness/clean-up.ts';
import { runRounds } from './harness/run-rounds.ts';

const heddleFolder = new URL('../../.heddle/', import.meta.url);

/** Prepares a benchmark, measures, and undoes everything; also when something throws. */
export async function runBenchmark(
  benchmark: Benchmark,
  settings: BenchSettings,
  cleanUp: CleanUp,
  say: (line: string) => void,
): Promise<Outcome[]> {
  // Beside the broker's own data and not in /tmp, which is memory on many machines: what must be durable pays for it.
  const dataFolder = fileURLToPath(new URL(`bench-${benchmark.name}-${process.pid}`, heddleFolder));
  await mkdir(dataFolder, { recursive: true });
  cleanUp.add('remove the data folder', () => rm(dataFolder, { recursive: true, force: true }));
  try {
    const measurements = await benchmark.prepare({ ...settings, dataFolder, cleanUp, say });
    const outcomes: Outcome[] = [];
    for (const measurement of measurements) {
      const onRound = (name: string, contestant: string, figure: number): void =>
        say(`${name}: ${contestant} ${Math.round(figure * 100) / 100} ${measurement.unit}`);
      const { rounds } = settings;
      outcomes.push(await runRounds(measurement, { rounds, warmUp: benchmark.warmUp, onRound }));
    }
    return outcomes;
  } finally {
    await cleanUp.run();
  }
}
