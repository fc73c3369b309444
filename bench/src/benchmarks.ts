import { batchMemory } from './batch-memory/batch-memory.ts';
import { concurrency } from './concurrency/concurrency.ts';
import { consume } from './consume/consume.ts';
import { costs } from './costs/costs.ts';
import { delays } from './delays/delays.ts';
import { echo } from './echo/echo.ts';
import { features } from './features/features.ts';
import { flow } from './flow/flow.ts';
import type { Benchmark } from './harness/benchmark.ts';
import { keyedQueues } from './keyed-queues/keyed-queues.ts';
import { ledger } from './ledger/ledger.ts';
import { locks } from './locks/locks.ts';
import { map } from './map/map.ts';
import { memory } from './memory/memory.ts';
import { metrics } from './metrics/metrics.ts';
import { predict } from './predict/predict.ts';
import { primes } from './primes/primes.ts';
import { publish } from './publish/publish.ts';
import { search } from './search/search.ts';
import { submit } from './submit/submit.ts';
import { syncQueue } from './sync-queue/sync-queue.ts';
import { thumbnails } from './thumbnails/thumbnails.ts';
import { wait } from './wait/wait.ts';

/** Every benchmark, in the order they run. */
export const benchmarks: readonly Benchmark[] = [
  publish,
  consume,
  submit,
  wait,
  echo,
  features,
  delays,
  flow,
  thumbnails,
  predict,
  memory,
  batchMemory,
  metrics,
  costs,
  search,
  ledger,
  concurrency,
  primes,
  locks,
  syncQueue,
  keyedQueues,
  map,
];
