import { randomUUID } from 'node:crypto';
import { newJobId } from '@heddle/client';
import {
  type ControlNews,
  DEFAULT_MAX_MESSAGE_BYTES,
  type ExchangeName,
  encodeControl,
  encodeEvents,
  encodeJob,
  type Job,
  type JobEvent,
  type KindOn,
  MAX_EVENTS_PER_MESSAGE,
  type ReceivedMessage,
  toDeadMessage,
  type WireMessage,
  type WireProperties,
} from '@heddle/contracts';
import { sql } from 'kysely';
import type { Store } from './open-database.ts';
import type { Database, OutboxRow, Tx } from './schema.ts';

/** A message to be published once the transaction that put it here is committed. */
export interface OutgoingMessage<E extends ExchangeName = ExchangeName> {
  readonly exchange: E;
  readonly routingKey: string;
  readonly message: WireMessage<KindOn<E>>;
  readonly mandatory?: boolean | undefined;
  /** For a job: it goes by way of the delay ladder, to be in its queue at this time. Milliseconds since the epoch. */
  readonly dueAt?: number | undefined;
}

/** Messages of one statement: bodies may be large. */
const ROWS_AT_ONCE = 25;
/** Bytes of messages that one claim takes, unless a single one has more. */
const CLAIMED_BYTES = 16 * 1024 * 1024;

export async function putOutgoing(tx: Tx, messages: readonly OutgoingMessage[]): Promise<void> {
  for (let from = 0; from < messages.length; from += ROWS_AT_ONCE) {
    const rows = messages.slice(from, from + ROWS_AT_ONCE).map(rowOf);
    await tx.insertInto('outbox').values(rows).execute();
  }
}

function rowOf({ exchange, routingKey, message, mandatory, dueAt }: OutgoingMessage): OutboxRow {
  return {
    // Sorts by time, so that of two news the newer one goes out last.
    id: newJobId(),
    exchange,
    routing_key: routingKey,
    kind: message.kind,
    mandatory: mandatory ? 1 : 0,
    properties: JSON.stringify(message.properties, bigintAsText),
    body: message.body,
    tries: 0,
    due_at: dueAt ?? null,
    available_at: 0,
  };
}

/** A job on its way to its queue; `dueAt` as in `OutgoingMessage`. */
export function outgoingJob(job: Job, dueAt?: number): OutgoingMessage<'heddle.submit'> {
  const message = encodeJob(job);
  return { exchange: 'heddle.submit', routingKey: job.task, message, mandatory: true, dueAt };
}

/** What the recorder itself has caused, for everybody who listens to events; reading it back changes nothing. */
export function outgoingEvents(events: readonly JobEvent[]): OutgoingMessage<'heddle.events'>[] {
  const messages: OutgoingMessage<'heddle.events'>[] = [];
  for (let from = 0; from < events.length; from += MAX_EVENTS_PER_MESSAGE) {
    const message = encodeEvents(events.slice(from, from + MAX_EVENTS_PER_MESSAGE), randomUUID());
    messages.push({ exchange: 'heddle.events', routingKey: 'event', message });
  }
  return messages;
}

export function outgoingNews(news: ControlNews): OutgoingMessage<'heddle.control'> {
  return { exchange: 'heddle.control', routingKey: '', message: encodeControl(news) };
}

/** A message as it goes to `heddle.dead`: as it came, with what is wrong with it. */
export function deadMessage(
  received: ReceivedMessage,
  kind: KindOn<'heddle.dead'>,
  source: string,
  detail: string,
): OutgoingMessage<'heddle.dead'> {
  const reason = { code: 'unreadable_message', detail, source } as const;
  const message = toDeadMessage(kind, received, reason, DEFAULT_MAX_MESSAGE_BYTES);
  return { exchange: 'heddle.dead', routingKey: '', message, mandatory: true };
}

export interface ClaimedMessage extends OutgoingMessage {
  readonly id: string;
  /** How often publishing it has failed. */
  readonly tries: number;
}

/**
 * Takes messages whose turn it is, oldest first: up to `limit`, and no more bytes than may be in memory at once, but at
 * least one if there is any. Nobody else takes them until `claimMs` have passed.
 */
export async function claimOutgoing(
  { db, shared }: Store,
  limit: number,
  claimMs: number,
  now: number,
): Promise<ClaimedMessage[]> {
  const claims = await db
    .updateTable('outbox')
    .set({ available_at: now + claimMs })
    .where('id', 'in', (eb) =>
      eb
        .selectFrom('outbox')
        .select('id')
        .where('available_at', '<=', now)
        .orderBy('available_at')
        .orderBy('id')
        .limit(limit)
        .$if(shared, (query) => query.forUpdate().skipLocked()),
    )
    .returning(['id', sql<number>`cast(length(body) as bigint)`.as('bytes')])
    .execute();
  if (claims.length === 0) return [];
  const ids = claims.toSorted((a, b) => (a.id < b.id ? -1 : 1));
  const fitting = countFitting(ids);
  await giveBack(db, ids.slice(fitting));
  const rows = await db
    .selectFrom('outbox')
    .selectAll()
    .where(
      'id',
      'in',
      ids.slice(0, fitting).map(({ id }) => id),
    )
    .orderBy('id')
    .execute();
  return rows.map(messageOf);
}

function countFitting(claims: readonly { readonly bytes: number }[]): number {
  let bytes = 0;
  const first = claims.findIndex((claim, place) => (bytes += claim.bytes) > CLAIMED_BYTES && place > 0);
  return first < 0 ? claims.length : first;
}

/** To be taken again at once. */
async function giveBack(db: Database, claims: readonly { readonly id: string }[]): Promise<void> {
  if (claims.length === 0) return;
  const ids = claims.map(({ id }) => id);
  await db.updateTable('outbox').set({ available_at: 0 }).where('id', 'in', ids).execute();
}

function messageOf(row: OutboxRow): ClaimedMessage {
  return {
    id: row.id,
    tries: row.tries,
    exchange: row.exchange as ExchangeName,
    routingKey: row.routing_key,
    mandatory: row.mandatory === 1,
    dueAt: row.due_at ?? undefined,
    message: {
      // It was checked against its exchange when it was put here.
      kind: row.kind as KindOn<ExchangeName>,
      properties: JSON.parse(row.properties) as WireProperties,
      body: Buffer.from(row.body),
    },
  };
}

/** Forgets messages that the broker has confirmed. */
export async function forgetOutgoing(db: Database, ids: readonly string[]): Promise<void> {
  if (ids.length > 0) await db.deleteFrom('outbox').where('id', 'in', ids).execute();
}

/** Gives a message back, to be taken again at `availableAt`. */
export async function postponeOutgoing(
  db: Database,
  message: ClaimedMessage,
  availableAt: number,
): Promise<void> {
  await db
    .updateTable('outbox')
    .set({ available_at: availableAt, tries: message.tries + 1 })
    .where('id', '=', message.id)
    .execute();
}

/** With nobody else on the database, claims of an earlier process are worth nothing. */
export async function releaseClaims({ db, shared }: Store): Promise<void> {
  if (!shared) await db.updateTable('outbox').set({ available_at: 0 }).execute();
}

function bigintAsText(_key: string, value: unknown): unknown {
  return typeof value === 'bigint' ? String(value) : value;
}
