import {
  type BatchPlace,
  HeddleError,
  type Job,
  type JobEvent,
  MAX_RECORDED_INPUT_BYTES,
  type RecorderReplies,
  type RecorderRequest,
  type RetryOptions,
  type Webhook,
} from '@heddle/contracts';
import { parseOr } from './job-history-rows.ts';
import { findKeptInput } from './kept-input.ts';
import type { Store } from './open-database.ts';
import { type OutgoingMessage, outgoingEvents, outgoingJob, putOutgoing } from './outbox.ts';
import type { EventWriter } from './record-events.ts';
import { runTransaction } from './run-transaction.ts';
import type { JobRow, Tx } from './schema.ts';
import { selectDead } from './select-dead.ts';
import { claimUniqueKey } from './unique-keys.ts';
import { forgetWaiters } from './wait-in-line.ts';

type ReplayRequest = Extract<RecorderRequest, { op: 'replay' }>;
type Skipped = RecorderReplies['replay']['skipped'][number];

/** Jobs of one transaction: their inputs may be large. */
const CHUNK = 50;
/** Jobs that one call looks at, so that it ends even if none of them can go again. */
const MAX_SEEN = 20_000;
/** Reasons that one call gives. */
const MAX_SKIPPED = 1_000;

/**
 * Sends dead jobs again, each as the next generation of itself, with its own input or the one that the request brings.
 * What cannot go again is skipped, with the reason. Throws `invalid_request` for an input that is not for one named job
 * or is too long.
 */
export async function replayDead(
  store: Store,
  writer: EventWriter,
  { select, limit, input }: ReplayRequest,
): Promise<RecorderReplies['replay']> {
  if (input !== undefined) checkInput(select.ids, input);
  const { all, chunks } = await selectDead(store.db, select, CHUNK);
  let replayed = 0;
  let seen = 0;
  const skipped: Skipped[] = [];
  for await (const chunk of chunks) {
    const ids = chunk.slice(0, limit - replayed);
    const some = await runTransaction(store.db, (tx) => replaySome(store, writer, tx, ids, input));
    replayed += some.replayed;
    seen += ids.length;
    skipped.push(...some.skipped.slice(0, MAX_SKIPPED - skipped.length));
    if (replayed >= limit || seen >= MAX_SEEN) break;
  }
  return { replayed, skipped, left: Math.max(0, all - seen) };
}

function checkInput(ids: readonly string[] | undefined, input: unknown): void {
  if (ids?.length !== 1) {
    throw new HeddleError('invalid_request', 'input: expected it only together with "ids" of one job');
  }
  const bytes = Buffer.byteLength(JSON.stringify(input));
  if (bytes > MAX_RECORDED_INPUT_BYTES) {
    const text = `input: expected at most ${MAX_RECORDED_INPUT_BYTES} bytes of JSON, got ${bytes}`;
    throw new HeddleError('invalid_request', text);
  }
}

async function replaySome(
  store: Store,
  writer: EventWriter,
  tx: Tx,
  ids: readonly string[],
  input: unknown,
): Promise<{ replayed: number; skipped: Skipped[] }> {
  const rows = await tx
    .selectFrom('jobs')
    .selectAll()
    .where('id', 'in', ids)
    .orderBy('id')
    .$if(store.shared, (query) => query.forUpdate())
    .execute();
  const byId = new Map(rows.map((row) => [row.id, row]));
  const skipped: Skipped[] = [];
  const jobs: OutgoingMessage[] = [];
  const events: JobEvent[] = [];
  const at = Date.now();
  for (const id of ids) {
    const row = byId.get(id);
    const outcome = await prepareReplay(store, tx, row, input);
    if (typeof outcome === 'string') skipped.push({ id, reason: outcome });
    else {
      jobs.push(outgoingJob(outcome));
      events.push(replayedEvent(outcome, at, input));
    }
  }
  // A place in line that a job has not given up counts attempts of the generation before: the new ones would pass for copies.
  await forgetWaiters(
    tx,
    events.map(({ job }) => job),
  );
  if (events.length > 0) await writer.write(tx, events);
  await putOutgoing(tx, [...jobs, ...outgoingEvents(events)]);
  return { replayed: jobs.length, skipped };
}

/** The job as it goes again, or why it does not. */
async function prepareReplay(
  store: Store,
  tx: Tx,
  row: JobRow | undefined,
  input: unknown,
): Promise<Job | string> {
  if (!row) return 'there is no such job';
  if (row.state !== 'dead' && row.state !== 'failed') return `it is ${row.state}, neither dead nor failed`;
  const again = await inputOf(tx, row, input);
  if (!again) return 'its input was not kept';
  if (row.unique_key !== null) {
    const holder = await claimUniqueKey(store, tx, row.task, row.unique_key, row.id);
    if (holder !== undefined) return `job ${holder}, which has not ended, has its key`;
  }
  return {
    id: row.id,
    task: row.task,
    ...again,
    priority: row.priority,
    generation: row.generation + 1,
    attempt: 1,
    tags: parseOr<string[]>(row.tags, []),
    timeoutMs: row.timeout_ms ?? undefined,
    resultTtlMs: row.result_ttl_ms ?? undefined,
    retry: parseOr<RetryOptions | undefined>(row.retry, undefined),
    webhook: parseOr<Webhook | undefined>(row.webhook, undefined),
    batch: placeOf(row),
    acceptedAt: row.accepted_at,
    // What it waits from now on is waiting; what it has waited before is history.
    dueAt: Date.now(),
    accepted: true,
  };
}

/** A batch that was stopped would have its worker cancel it; a reduce job finds its results by its batch. */
function placeOf(row: JobRow): BatchPlace | undefined {
  return row.batch !== null && row.batch_index === null ? { id: row.batch } : undefined;
}

/** Undefined if it is not known any more. */
async function inputOf(
  tx: Tx,
  row: JobRow,
  edited: unknown,
): Promise<Pick<Job, 'input' | 'bytes'> | undefined> {
  const recorded = row.edited_input ?? row.input;
  if (row.body_type === null) {
    if (edited !== undefined) return { input: edited };
    if (recorded !== null) return { input: JSON.parse(recorded) as unknown };
    const kept = await findKeptInput(tx, row.id);
    return kept && { input: JSON.parse(kept.body.toString()) as unknown };
  }
  const kept = await findKeptInput(tx, row.id);
  const beside = edited === undefined ? parseOr<unknown>(recorded, {}) : edited;
  return kept && { input: beside, bytes: { type: row.body_type, body: kept.body } };
}

function replayedEvent({ id, task, generation }: Job, at: number, input: unknown): JobEvent {
  const event = { type: 'replayed', job: id, task, generation, attempt: 0, run: '', seq: 0, at } as const;
  return input === undefined ? event : { ...event, input };
}
