import { MessageChannel } from 'node:worker_threads';
import { Piscina } from 'piscina';
import type { JobRun } from '../jobs/job-run.ts';
import { dead, failed, type Outcome } from '../jobs/outcome.ts';
import type { RegisteredTask } from '../registry/load-tasks.ts';
import { GRACE_MS, type Pool, type PoolOptions } from './pool.ts';
import { relay, toRequest } from './relay-run.ts';
import type { FromHandler, ToHandler } from './run-protocol.ts';

const ENTRY = new URL('./pool-thread.worker.js', import.meta.url).href;
const IDLE_MS = 60_000;
const MIB = 1024 * 1024;

/** Worker threads for JavaScript that computes. Started when a job needs one; a thread that ends takes only its job with it. */
export class ThreadPool implements Pool {
  readonly processIds: readonly number[] = [];
  readonly #registered: RegisteredTask;
  readonly #maxOutputBytes: number;
  readonly #threads: Piscina;

  constructor(registered: RegisteredTask, options: PoolOptions) {
    this.#registered = registered;
    this.#maxOutputBytes = options.maxOutputBytes;
    this.#threads = new Piscina({
      filename: ENTRY,
      name: 'runInThread',
      minThreads: 0,
      maxThreads: options.slots,
      idleTimeout: IDLE_MS,
      // With the default, timers stand still in threads that wait for work.
      atomics: 'disabled',
      resourceLimits: { maxOldGenerationSizeMb: Math.ceil(options.memoryBytes / MIB) },
    });
  }

  async run(run: JobRun): Promise<Outcome> {
    const { port1: here, port2: there } = new MessageChannel();
    const killing = new AbortController();
    let killTimer: NodeJS.Timeout | undefined;
    run.onStop = (reason) => {
      here.postMessage({ kind: 'stop', reason } satisfies ToHandler, []);
      const graceMs = GRACE_MS[reason];
      if (Number.isFinite(graceMs)) killTimer ??= setTimeout(() => killing.abort(), graceMs);
    };
    const told = new Promise<Outcome>((resolve) => {
      here.on('message', (message: FromHandler) => {
        const outcome = relay(run, message, (page) => here.postMessage(page, []));
        if (outcome) resolve(outcome);
      });
    });
    const request = toRequest(run, this.#registered.module, this.#maxOutputBytes);
    // A copy of its own: cloning a part of a buffer would clone all of it.
    const bytes = new Uint8Array(request.bytes);
    try {
      await this.#threads.run(
        { request: { ...request, bytes }, port: there },
        { transferList: [there, bytes.buffer], signal: killing.signal },
      );
      return await told;
    } catch (error) {
      return describeEnd(error);
    } finally {
      clearTimeout(killTimer);
      here.close();
    }
  }

  async close(): Promise<void> {
    await this.#threads.destroy();
  }
}

/** A thread never throws what its handler threw: an error here is the thread's own end, or an input that cannot be cloned. */
function describeEnd(error: unknown): Outcome {
  if (error instanceof DOMException && error.name === 'DataCloneError') return failed(error);
  const { code, message } = error as { code?: unknown; message?: unknown };
  return code === 'ERR_WORKER_OUT_OF_MEMORY'
    ? dead('out_of_memory', 'the thread used more memory than it may')
    : dead('crashed', `the thread ended while it ran the job: ${String(message)}`);
}
