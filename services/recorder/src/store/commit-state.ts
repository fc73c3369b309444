import {
  type CommitOutcome,
  type CommitStep,
  isTerminal,
  type JobEvent,
  MAX_STATE_BYTES,
  MAX_WAITERS,
  type RecorderReplies,
  type RecorderRequest,
} from '@heddle/contracts';
import { type EndingRow, endedEvent } from './ended-event.ts';
import { KeyStateRows, nameOf, type StateKey } from './key-state-rows.ts';
import type { KeyStateRow } from './key-state-tables.ts';
import type { Store } from './open-database.ts';
import type { EventWriter } from './record-events.ts';
import { runTransaction } from './run-transaction.ts';
import type { Tx } from './schema.ts';
import { countWaiters, forgetWaiters, parkWaiters, readWaiters, wakeNext } from './wait-in-line.ts';

export type CommitRequest = Extract<RecorderRequest, { op: 'state-commit' }>;
export type CommitReply = RecorderReplies['state-commit'];

/** Commits what runs made of the states of keys, of each request all or nothing, and of all of them as well. `hasOutgoing`: jobs were woken. */
export async function commitStates(
  store: Store,
  writer: EventWriter,
  requests: readonly CommitRequest[],
): Promise<{ replies: CommitReply[]; hasOutgoing: boolean }> {
  return await runTransaction(store.db, async (tx) => {
    const rows = KeyStateRows.of(store);
    // Jobs before anything else, as who records events does: otherwise the two wait for each other in a circle.
    const jobs = await rows.readJobs(tx, requests.flatMap(jobsOf));
    const states = await rows.lock(tx, requests.map(stateKeyOf));
    const changed = new Set<KeyStateRow>();
    const replies: CommitReply[] = [];
    const events = new Map<string, JobEvent>();
    const writeEvents = async () => {
      if (events.size > 0) await writer.write(tx, [...events.values()]);
      events.clear();
    };
    let hasOutgoing = false;
    for (const request of requests) {
      // It may ask again about what an earlier one has done.
      if (request.steps.some((step) => events.has(jobOf(step)))) {
        await writeEvents();
        for (const [id, row] of await rows.readJobs(tx, jobsOf(request))) jobs.set(id, row);
      }
      const state = states.get(nameOf(stateKeyOf(request)));
      if (!state) throw new Error(`the row of key ${request.key} of ${request.state} has gone`);
      const { woken, fresh, isChanged, ...reply } = await commitState(tx, state, jobs, request);
      if (isChanged) changed.add(state);
      for (const event of fresh) events.set(event.job, event);
      replies.push(reply);
      hasOutgoing ||= woken > 0;
    }
    await rows.write(tx, [...changed]);
    // Once, and last: counts are rows that every recorder writes, and who has them must not wait for a job.
    await writeEvents();
    return { replies, hasOutgoing };
  });
}

/**
 * The key's row is locked, so that commits of one key come one after the other. A job
 * that has ended before changes nothing, whoever commits it and how often; neither does a run that saw another version
 * of the state. Each change, and each job that is done waiting, lets those that wait look again. `fresh`: events still to be
 * written.
 */
async function commitState(
  tx: Tx,
  state: KeyStateRow,
  jobs: ReadonlyMap<string, EndingRow>,
  request: CommitRequest,
): Promise<CommitReply & { woken: number; fresh: JobEvent[]; isChanged: boolean }> {
  const before = { ...state };
  let woken = 0;
  const { outcomes, fresh } = await judgeSteps(tx, state, jobs, request);
  if (fresh.length > 0) {
    if (state.has_waiters === 1) await forgetWaiters(tx, fresh.filter(hasEnded).map(jobOf));
    const parked = fresh.filter(({ parked }) => parked !== undefined);
    if (parked.length > 0) {
      await parkWaiters(tx, state, parked);
      state.has_waiters = 1;
    }
    const now = Date.now();
    if (state.has_waiters === 1) woken = await wakeNext(tx, state, now);
    if (state.version > before.version) state.updated_at = now;
  }
  const isChanged = state.version > before.version || state.has_waiters !== before.has_waiters;
  return { version: state.version, outcomes, woken, fresh: fresh.map(({ event }) => event), isChanged };
}

/** Goes through the steps until one is not to be committed; changes `state` as they say. `fresh`: those to be written. */
async function judgeSteps(
  tx: Tx,
  state: KeyStateRow,
  jobs: ReadonlyMap<string, EndingRow>,
  { steps, expectedVersion }: CommitRequest,
): Promise<{ outcomes: CommitOutcome[]; fresh: CommitStep[] }> {
  const waiters = state.has_waiters === 1 ? await readWaiters(tx, steps.map(jobOf)) : undefined;
  const outcomes: CommitOutcome[] = [];
  const fresh: CommitStep[] = [];
  let expected = expectedVersion;
  let waiting: number | undefined;
  for (const step of steps) {
    const { event } = step;
    const row = jobs.get(event.job);
    const twin = fresh.find((other) => other.event.job === event.job);
    if (twin) {
      // Two copies of one message, in the same request.
      outcomes.push(hasEnded(twin) ? { is: 'already', event: twin.event } : { is: 'already' });
      break;
    }
    if (row?.run === event.run && row.event === event.type && row.generation === event.generation) {
      // Asked again, because the answer was lost.
      outcomes.push({ is: 'committed' });
    } else if (row && hasEndedBefore(row, step)) {
      outcomes.push({ is: 'already', event: endedEvent(row) });
      break;
    } else if ((waiters?.get(event.job)?.attempt ?? 0) > event.attempt) {
      // A copy of a message that has parked its job already.
      outcomes.push({ is: 'already' });
      break;
    } else if (state.version !== expected) {
      outcomes.push({ is: 'stale' });
      break;
    } else {
      const isNewcomer = step.parked !== undefined && !waiters?.has(event.job);
      if (isNewcomer) waiting = (waiting ?? (await countWaiters(tx, state))) + 1;
      const fault = isNewcomer && (waiting ?? 0) > MAX_WAITERS ? tooMany(state.key) : undefined;
      if (fault !== undefined) {
        outcomes.push({ is: 'refused', message: fault });
        break;
      }
      fresh.push(step);
      outcomes.push({ is: 'committed' });
      if (step.state) {
        state.version += 1;
        state.value = textOf(step.state.value);
      }
    }
    if (step.state) expected += 1;
  }
  return { outcomes, fresh };
}

function tooMany(key: string): string {
  return `expected at most ${MAX_WAITERS} jobs that wait for key "${key}" to change`;
}

/** The worker has told a state that is too large to its job before it came here. */
function textOf(value: unknown): string {
  const text = JSON.stringify(value) ?? 'null';
  if (Buffer.byteLength(text) > MAX_STATE_BYTES) {
    throw new Error(`expected a state of at most ${MAX_STATE_BYTES} bytes of JSON`);
  }
  return text;
}

function hasEndedBefore(row: EndingRow, { event }: CommitStep): boolean {
  return row.generation > event.generation || (row.generation === event.generation && isTerminal(row.state));
}

function hasEnded({ parked }: CommitStep): boolean {
  return parked === undefined;
}

function jobOf({ event }: CommitStep): string {
  return event.job;
}

function jobsOf({ steps }: CommitRequest): string[] {
  return steps.map(jobOf);
}

function stateKeyOf({ state: name, key }: CommitRequest): StateKey {
  return { name, key };
}
