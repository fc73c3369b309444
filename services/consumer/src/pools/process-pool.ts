import type { JobRun } from '../jobs/job-run.ts';
import { dead, type Outcome } from '../jobs/outcome.ts';
import type { RegisteredTask } from '../registry/load-tasks.ts';
import type { Pool, PoolOptions } from './pool.ts';
import { PoolProcess } from './pool-process.ts';
import { toRequest } from './relay-run.ts';

/** A process without work gives its memory back after this. */
const IDLE_MS = 60_000;

/**
 * Child processes for handlers that may crash, hang or eat memory: started when a job needs one, replaced after so many
 * jobs, ended when idle. There are never more than the task has slots, because nobody asks for more at once.
 */
export class ProcessPool implements Pool {
  readonly #registered: RegisteredTask;
  readonly #options: PoolOptions;
  readonly #idle: { readonly process: PoolProcess; readonly timer: NodeJS.Timeout }[] = [];
  readonly #all = new Set<PoolProcess>();

  constructor(registered: RegisteredTask, options: PoolOptions) {
    this.#registered = registered;
    this.#options = options;
  }

  async run(run: JobRun): Promise<Outcome> {
    const { module } = this.#registered;
    let process: PoolProcess;
    try {
      process = this.#takeIdle() ?? this.#start();
    } catch (error) {
      return dead('crashed', error instanceof Error ? error.message : String(error));
    }
    const outcome = await process.run(run, toRequest(run, module, this.#options.maxOutputBytes));
    if (process.alive) this.#putBack(process);
    return outcome;
  }

  get processIds(): readonly number[] {
    return [...this.#all].flatMap((process) => process.id ?? []);
  }

  async close(): Promise<void> {
    for (const { timer } of this.#idle) clearTimeout(timer);
    for (const process of this.#all) process.kill();
    await Promise.all([...this.#all].map((process) => process.ended));
  }

  #start(): PoolProcess {
    const { task } = this.#registered;
    const process = new PoolProcess(task.name, this.#options.memoryBytes, this.#options.log);
    this.#all.add(process);
    void process.ended.then(() => this.#all.delete(process));
    return process;
  }

  /** The one that was busy last: its caches are warm, and the others get their chance to be idle. */
  #takeIdle(): PoolProcess | undefined {
    for (;;) {
      const next = this.#idle.pop();
      if (!next) return undefined;
      clearTimeout(next.timer);
      if (next.process.alive) return next.process;
    }
  }

  #putBack(process: PoolProcess): void {
    if (process.jobs >= this.#options.jobsPerProcess) return process.retire();
    const timer = setTimeout(() => {
      this.#idle.splice(
        this.#idle.findIndex((entry) => entry.process === process),
        1,
      );
      process.retire();
    }, IDLE_MS);
    this.#idle.push({ process, timer: timer.unref() });
  }
}
