import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import type { Job, PoolKind } from '@heddle/contracts';
import { builtFile } from '../../../test/support/built-file.ts';
import type { JobRun } from '../src/jobs/job-run.ts';
import type { Outcome } from '../src/jobs/outcome.ts';
import { openPool } from '../src/pools/open-pool.ts';
import type { Pool } from '../src/pools/pool.ts';
import { loadTasks } from '../src/registry/load-tasks.ts';
import { type RecordingWorker, recordingWorker } from './recording-worker.ts';
import { someRun } from './some-run.ts';

export interface TestPool {
  readonly pool: Pool;
  readonly worker: RecordingWorker;
  /** Begins a job of the pool's task. */
  begin(job?: Partial<Job>): { run: JobRun; ended: Promise<Outcome> };
  run(job?: Partial<Job>): Promise<Outcome>;
}

const module = pathToFileURL(builtFile(new URL('./tasks/pool-tasks.ts', import.meta.url))).href;

/** A pool for one of the tasks in `tasks/pool-tasks.ts`. */
export async function openTestPool(
  kind: PoolKind,
  name: string,
  options: { slots?: number; memoryMb?: number; jobsPerProcess?: number } = {},
): Promise<TestPool> {
  const registered = (await loadTasks(module)).find(({ task }) => task.name === `${kind}.${name}`);
  if (!registered) throw new Error(`no task ${kind}.${name}`);
  const worker = recordingWorker();
  const pool = openPool(registered, {
    slots: options.slots ?? 1,
    log: worker.log,
    memoryBytes: (options.memoryMb ?? 1_024) * 1024 * 1024,
    jobsPerProcess: options.jobsPerProcess ?? 1_000,
    maxOutputBytes: 1_000,
  });
  const begin = (job: Partial<Job> = {}) => {
    const { run } = someRun(registered.task, {
      worker,
      job: { bytes: { body: Buffer.from('bytes'), type: 'text/plain' }, ...job },
    });
    return { run, ended: Promise.resolve(pool.run(run)) };
  };
  return { pool, worker, begin, run: (job) => begin(job).ended };
}

/** Resolves when the condition holds; the test's own time limit ends the waiting. */
export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await sleep(5);
}
