import { setImmediate, setTimeout as sleep } from 'node:timers/promises';
import {
  HeddleError,
  isTerminal,
  MAX_COMMIT_STEPS,
  type RecorderReplies,
  type RecorderRequest,
} from '@heddle/contracts';
import type { WorkerPorts } from '../jobs/worker-ports.ts';
import { type FinishedRun, refuseCommit, runInPlace } from './run-in-place.ts';
import { laneOf, type SerialJob } from './serial-job.ts';
import { type CachedState, StateCache } from './state-cache.ts';
import { tellEnd } from './tell-end.ts';

/** Jobs that are so quick are committed together; nobody waits longer than this for those behind him. */
const TOGETHER_MS = 5;
/** A commit is one message. */
const MAX_BATCH_CHARACTERS = 1024 * 1024;
const ASK_TIMEOUT_MS = 10_000;
const RETRY_MS = 500;
/** What could not be run or told goes back to its queue, but not in a tight loop. */
const REQUEUE_AFTER_MS = 1_000;

type CommitReply = RecorderReplies['state-commit'];

/**
 * Jobs in lanes, one for each key: those of one lane run one after the other, lanes run side by side. What is waiting in a
 * lane when a commit returns is run on the state that it left and committed together, so that a busy key does not pay
 * for a way to the recorder with each job.
 */
export class KeyLanes {
  readonly #worker: WorkerPorts;
  readonly #states = new StateCache();
  readonly #lanes = new Map<string, SerialJob[]>();
  #closed = false;

  constructor(worker: WorkerPorts) {
    this.#worker = worker;
  }

  /** Jobs come in order; one that has waited goes before those that have not, by when it began to. */
  push(entry: SerialJob): void {
    const name = laneOf(entry);
    const lane = this.#lanes.get(name);
    if (lane) return insert(lane, entry);
    const fresh = [entry];
    this.#lanes.set(name, fresh);
    void this.#work(name, fresh);
  }

  /** Ends what still waits for the recorder. */
  close(): void {
    this.#closed = true;
  }

  async #work(name: string, lane: SerialJob[]): Promise<void> {
    // What arrives in the same burst is committed together.
    await setImmediate();
    while (lane.length > 0) await this.#runSome(name, lane);
    this.#lanes.delete(name);
  }

  async #runSome(name: string, lane: SerialJob[]): Promise<void> {
    const first = lane.find(isWanted);
    if (!first || this.#closed) return void lane.splice(0);
    let state: CachedState | undefined;
    let finished: FinishedRun[] = [];
    try {
      state = this.#states.get(name) ?? (await this.#load(first));
      if (!state) return;
      finished = await this.#runBatch(lane, state);
      if (finished.length === 0) return;
      const reply = await this.#commit(finished, state.version);
      if (!reply) return giveBack(finished);
      this.#remember(name, state, finished, reply);
      this.#settle(lane, finished, reply);
    } catch (error) {
      this.#states.drop(name);
      this.#worker.log.error({ err: error, lane: name }, 'jobs of a key could not be run or committed');
      await sleep(REQUEUE_AFTER_MS, undefined, { ref: false });
      giveBack(finished);
    }
  }

  /** Undefined: nobody needs it any more. */
  async #load(entry: SerialJob): Promise<CachedState | undefined> {
    const state = entry.service.task.serial?.stateName ?? '';
    const request = { op: 'state-read', state, key: entry.key } as const;
    const reply = await this.#ask(request, () => isWanted(entry));
    return reply && { version: reply.version, text: textOf(reply.value) };
  }

  /** Runs jobs one after the other, each on the state that the one before left. */
  async #runBatch(lane: SerialJob[], { text }: CachedState): Promise<FinishedRun[]> {
    const began = performance.now();
    const finished: FinishedRun[] = [];
    let current = text;
    let characters = 0;
    while (finished.length < MAX_COMMIT_STEPS && characters < MAX_BATCH_CHARACTERS) {
      const entry = lane.shift();
      if (!entry) break;
      if (!isWanted(entry)) continue;
      const done = await this.#run(entry, current);
      if (!done) continue;
      finished.push(done);
      if (done.state) current = done.state.text;
      characters += sizeOf(done);
      if (performance.now() - began > TOGETHER_MS) break;
    }
    return finished;
  }

  async #run(entry: SerialJob, text: string | undefined): Promise<FinishedRun | undefined> {
    entry.holding.begin();
    try {
      if (entry.delivery.message.redelivered) await this.#lookForEnd(entry);
      const done = await runInPlace(entry, text);
      if (!done) entry.holding.end();
      return done;
    } catch (error) {
      await this.#giveBackLater(entry, error);
      return undefined;
    }
  }

  /**
   * A job that comes again may have ended: in a run that outlasted its delivery, or just before its worker went. Then it is not
   * run again, and the recorder says to its commit, as to any of a job that has ended, how it did.
   */
  async #lookForEnd(entry: SerialJob): Promise<void> {
    const { id } = entry.job;
    const reply = await this.#ask({ op: 'job-ends', ids: [id] }, () => isWanted(entry));
    if (!reply?.jobs.some(({ state }) => isTerminal(state))) return;
    entry.refusal = { state: 'cancelled', error: { code: 'cancelled', message: 'it has ended before' } };
  }

  #commit(finished: readonly FinishedRun[], expectedVersion: number): Promise<CommitReply | undefined> {
    const { service, key } = (finished[0] as FinishedRun).entry;
    const state = service.task.serial?.stateName ?? '';
    const steps = finished.map(({ step }) => step);
    return this.#ask({ op: 'state-commit', state, key, expectedVersion, steps }, () =>
      finished.some(({ entry }) => !entry.delivery.lost),
    );
  }

  #remember(
    name: string,
    before: CachedState,
    finished: readonly FinishedRun[],
    { version, outcomes }: CommitReply,
  ): void {
    const committed = finished.slice(0, outcomes.filter(({ is }) => is === 'committed').length);
    const changes = committed.flatMap(({ state }) => state?.text ?? []);
    if (version !== before.version + changes.length) this.#states.drop(name);
    else this.#states.set(name, { version, text: changes.at(-1) ?? before.text });
  }

  #settle(lane: SerialJob[], finished: readonly FinishedRun[], { outcomes }: CommitReply): void {
    let settled = 0;
    for (const [index, outcome] of outcomes.entries()) {
      const { entry, step } = finished[index] as FinishedRun;
      if (outcome.is === 'refused') refuseCommit(entry, outcome.message);
      if (outcome.is === 'refused' || outcome.is === 'stale') break;
      settled += 1;
      if (outcome.is === 'committed') this.#count(entry, step.event.type);
      void this.#tell(entry, outcome.is === 'committed' ? step.event : outcome.event);
    }
    const again = finished.slice(settled).map(({ entry }) => entry);
    for (const entry of again) entry.holding.end();
    lane.unshift(...again);
  }

  #count({ service, job }: SerialJob, ended: string): void {
    if (ended === 'waiting') return;
    service.metrics.finished(ended as Parameters<typeof service.metrics.finished>[0]);
    service.metrics.endToEnd((Date.now() - job.acceptedAt) / 1_000);
  }

  async #tell(entry: SerialJob, event: FinishedRun['step']['event'] | undefined): Promise<void> {
    try {
      await tellEnd(entry, event);
      entry.holding.end();
    } catch (error) {
      await this.#giveBackLater(entry, error);
    }
  }

  async #giveBackLater({ delivery, holding, service }: SerialJob, error: unknown): Promise<void> {
    const { name: task } = service.task;
    this.#worker.log.error({ err: error, task }, 'a delivery could not be settled and goes back');
    if (!holding.givenUp) await sleep(REQUEUE_AFTER_MS, undefined, { ref: false });
    delivery.requeue();
    holding.end();
  }

  /** Asks until there is an answer. Undefined: nobody needs it any more. */
  async #ask<R extends RecorderRequest>(
    request: R,
    isNeeded: () => boolean,
  ): Promise<RecorderReplies[R['op']] | undefined> {
    for (;;) {
      try {
        return await this.#worker.recorder.ask(request, { timeoutMs: ASK_TIMEOUT_MS });
      } catch (error) {
        if (!(error instanceof HeddleError) || !error.retryable) throw error;
        if (this.#closed || !isNeeded()) return undefined;
        this.#worker.log.warn({ err: error, op: request.op }, 'the recorder is asked again');
      }
      await sleep(RETRY_MS, undefined, { ref: false });
    }
  }
}

/** Whether it is still this worker's to begin. */
function isWanted({ delivery, holding }: SerialJob): boolean {
  return !delivery.lost && !holding.givenUp;
}

function insert(lane: SerialJob[], entry: SerialJob): void {
  const since = entry.job.waiting?.since;
  if (since === undefined) return void lane.push(entry);
  const at = lane.findIndex(({ job }) => job.waiting === undefined || job.waiting.since > since);
  lane.splice(at === -1 ? lane.length : at, 0, entry);
}

function giveBack(finished: readonly FinishedRun[]): void {
  for (const { entry } of finished) {
    entry.delivery.requeue();
    entry.holding.end();
  }
}

function textOf(value: unknown): string | undefined {
  return value === undefined ? undefined : JSON.stringify(value);
}

function sizeOf({ step, state }: FinishedRun): number {
  const { event, parked } = step;
  const result = event.type === 'succeeded' ? (textOf(event.result)?.length ?? 0) : 0;
  return result + (state?.text.length ?? 0) + (parked?.message.body.length ?? 0);
}
