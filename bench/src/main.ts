/** `npm run bench`: runs benchmarks against the broker that `AMQP_URL` names, prints a table, writes `bench/results`. */
import { benchmarks } from './benchmarks.ts';
import type { Outcome } from './harness/benchmark.ts';
import { CleanUp } from './harness/clean-up.ts';
import { describeMachine } from './harness/describe-machine.ts';
import { formatTable } from './harness/format-table.ts';
import { writeResult } from './harness/write-result.ts';
import { brokerVersion } from './queues/open-channel.ts';
import { type Arguments, readArguments, usage } from './read-arguments.ts';
import { runBenchmark } from './run-benchmark.ts';

const results = new URL('../results/', import.meta.url);

function say(line: string): void {
  process.stderr.write(`${line}\n`);
}

/** The end of the process that started us counts as being asked to stop. */
function cleanUpWhenAsked(cleanUp: CleanUp): void {
  const stop = (code: number) => (): void => {
    say('stopping');
    void cleanUp.run().finally(() => process.exit(code));
  };
  process.on('SIGINT', stop(130));
  process.on('SIGTERM', stop(143));
  process.on('disconnect', stop(143));
  // Listening to it must not keep us here once the work is done.
  process.channel?.unref();
}

async function runChosen({ chosen, check, ...settings }: Arguments): Promise<number> {
  const cleanUp = new CleanUp(say);
  cleanUpWhenAsked(cleanUp);
  const machine = describeMachine(await brokerVersion(settings.amqpUrl));
  const all: Outcome[] = [];
  let failures = 0;
  for (const benchmark of chosen) {
    say(`— ${benchmark.name}: ${benchmark.about}`);
    try {
      const outcomes = await runBenchmark(benchmark, settings, cleanUp, say);
      all.push(...outcomes);
      await writeResult(results, {
        benchmark: benchmark.name,
        about: benchmark.about,
        date: new Date().toISOString(),
        machine,
        rounds: settings.rounds,
        scale: settings.scale,
        outcomes,
      });
    } catch (error) {
      failures += 1;
      say(`${benchmark.name} failed: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  process.stdout.write(`${formatTable(all)}\n`);
  const missed = all.some(({ met }) => met === false);
  return failures > 0 || (check && missed) ? 1 : 0;
}

try {
  const settings = readArguments(process.argv.slice(2), process.env, benchmarks);
  if (settings.list) {
    for (const { name, about } of benchmarks) process.stdout.write(`${name.padEnd(12)}${about}\n`);
  } else {
    process.exitCode = await runChosen(settings);
  }
} catch (error) {
  say(`${error instanceof Error ? error.message : String(error)}\n\n${usage}`);
  process.exitCode = 2;
}
