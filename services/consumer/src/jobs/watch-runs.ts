import { acceptedEvent } from '@heddle/client';
import type { Job, JobEvent } from '@heddle/contracts';
import { guardRun } from './guard-run.ts';
import type { JobRun } from './job-run.ts';
import type { WorkerPorts } from './worker-ports.ts';

const TICK_MS = 20;
/** A job that ends sooner gets no `started` event: one message less through the broker and into the database. */
const ANNOUNCE_AFTER_MS = 100;
/** Each costs broker, recorder and gateway some milliseconds: at four a second, progress took 5 % of two cores from the work it told of. */
const PROGRESS_EVERY_MS = 1_000;
/** What is told of several runs within this time travels together; the first after a pause goes at once. */
const TELL_EVERY_MS = 100;
/** When a guard could not be published. */
const GUARD_AGAIN_MS = 30_000;

/**
 * Looks after everything that runs in this worker with one timer, however many jobs there are: sends `started` for those
 * that are not over at once, sends their progress, and stops those whose time is up.
 */
export class RunWatch {
  readonly #runs = new Set<JobRun>();
  readonly #worker: WorkerPorts;
  readonly #guardAfterMs: number;
  #timer: NodeJS.Timeout | undefined;
  #toldAt = 0;

  /** Runs that last longer than `guardAfterMs` get a guard, but for those of serial tasks. */
  constructor(worker: WorkerPorts, guardAfterMs = Number.POSITIVE_INFINITY) {
    this.#worker = worker;
    this.#guardAfterMs = guardAfterMs;
  }

  get running(): number {
    return this.#runs.size;
  }

  add(run: JobRun): void {
    // A guard of a serial job would come through the task's queue as one more job of its key.
    if (!run.task.serial) run.guardAt = run.startedAt + this.#guardAfterMs;
    this.#runs.add(run);
    this.#timer ??= setInterval(() => this.#tick(Date.now()), TICK_MS);
  }

  remove(run: JobRun): void {
    this.#runs.delete(run);
  }

  /** Stops everything that runs. */
  stopAll(): void {
    for (const run of this.#runs) run.stop('shutting_down');
  }

  /** Stops what runs and is cancelled. */
  stopCancelled(whyCancelled: (job: Job) => string | undefined): void {
    for (const run of this.#runs) {
      const why = whyCancelled(run.job);
      if (why !== undefined) run.stop('cancelled', why);
    }
  }

  close(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  /** Whether a run goes on here. */
  has(id: string): boolean {
    for (const run of this.#runs) if (run.id === id) return true;
    return false;
  }

  #guard(run: JobRun): void {
    run.guardAt = Number.POSITIVE_INFINITY;
    guardRun(this.#worker, run, this.#guardAfterMs).catch((error: unknown) => {
      this.#worker.log.warn({ err: error, job: run.job.id }, 'a long job could not be guarded yet');
      run.guardAt = Date.now() + Math.min(GUARD_AGAIN_MS, this.#guardAfterMs);
    });
  }

  #tick(now: number): void {
    if (this.#runs.size === 0) return this.close();
    for (const run of this.#runs) {
      if (now >= run.deadline) run.stop('timed_out');
      if (now >= run.guardAt) this.#guard(run);
    }
    // Either way: a clock that is set back keeps nobody waiting for what it said before.
    if (Math.abs(now - this.#toldAt) >= TELL_EVERY_MS) this.#tell(now);
  }

  #tell(now: number): void {
    const events: JobEvent[] = [];
    for (const run of this.#runs) {
      if (run.announced) {
        const progress = run.takeProgress(now, PROGRESS_EVERY_MS);
        if (progress) events.push(progress);
      } else if (now - run.startedAt >= ANNOUNCE_AFTER_MS) {
        run.announced = true;
        if (run.takeUnaccepted()) events.push(acceptedEvent(run.job, run.delivery.message.body.length));
        events.push({ type: 'started', ...run.eventBase(run.startedAt) });
        run.tellFollower({ job: run.job.id, state: 'running' });
      }
    }
    if (events.length === 0) return;
    this.#toldAt = now;
    this.#worker.events.addAll(events).catch((error: unknown) => {
      // Nothing hangs on these: the terminal event tells all, and is waited for.
      this.#worker.log.warn(
        { err: error, events: events.length },
        'events on running jobs were not confirmed',
      );
    });
  }
}
