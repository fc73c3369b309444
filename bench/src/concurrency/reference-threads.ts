import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import type { BenchSession } from '../harness/benchmark.ts';
import type { Ask } from './reference-thread.process.ts';

/** A plain pool of threads in this process, one a core; each call goes to the next. */
export class ReferenceThreads {
  readonly #threads: readonly Worker[];
  readonly #waiting = new Map<number, (result: unknown) => void>();
  #calls = 0;

  private constructor(threads: readonly Worker[]) {
    this.#threads = threads;
    for (const thread of threads) {
      thread.on('message', ({ id, result }: { id: number; result: unknown }) => {
        this.#waiting.get(id)?.(result);
        this.#waiting.delete(id);
      });
    }
  }

  /** Resolves when each has answered once. */
  static async start(session: BenchSession): Promise<ReferenceThreads> {
    const entry = new URL('./reference-thread.process.js', import.meta.url);
    const threads = Array.from({ length: availableParallelism() }, () => new Worker(entry));
    session.cleanUp.add('stop threads', async () => {
      await Promise.all(threads.map((thread) => thread.terminate()));
    });
    const pool = new ReferenceThreads(threads);
    await Promise.all(threads.map(() => pool.call({ echo: 0 })));
    return pool;
  }

  call(ask: Ask): Promise<unknown> {
    const id = this.#calls++;
    return new Promise((resolve) => {
      this.#waiting.set(id, resolve);
      this.#threads[id % this.#threads.length]?.postMessage({ id, ask }, []);
    });
  }
}
