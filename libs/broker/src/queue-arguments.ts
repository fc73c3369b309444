import {
  MAX_PRIORITY,
  type PlannedQueue,
  type QueueEntry,
  type QueueRow,
  queues,
  restName,
  type TokenLimit,
  tokenKeys,
} from '@heddle/contracts';

/** How a queue is declared. */
export interface QueueDeclaration {
  readonly durable: boolean;
  readonly exclusive: boolean;
  readonly arguments: Readonly<Record<string, string | number | boolean>>;
}

/** Streams forget whole segments only, so a segment is a small part of what is kept. */
const SEGMENTS = 8;

/** Whether a version such as `3.10.8` or `4.3.0-rc.1` is at least `major.minor`. */
export function isAtLeast(version: string, major: number, minor: number): boolean {
  const [ownMajor = 0, ownMinor = 0] = version.split('.').map((part) => Number.parseInt(part, 10));
  return ownMajor > major || (ownMajor === major && ownMinor >= minor);
}

/**
 * How the broker of this version (3.10 and later) is asked for a queue of this row. The table is in DESIGN.
 * `isSerial`: the task that it belongs to has serial keys.
 */
export function queueDeclaration(row: QueueRow, version: string, isSerial = false): QueueDeclaration {
  const entry: QueueEntry = queues[row];
  switch (isSerial ? (entry.serial ?? entry.type) : entry.type) {
    case 'job':
      // Strict priorities: quorum queues have them from 4.3, before only classic queues, which are not replicated.
      return isAtLeast(version, 4, 3)
        ? durable({ ...quorum(version), ...safeDeadLettering(entry) })
        : durable({
            'x-queue-type': 'classic',
            'x-max-priority': MAX_PRIORITY,
            ...(entry.deadLetter && { 'x-dead-letter-exchange': entry.deadLetter }),
          });
    case 'quorum':
      return durable({
        ...quorum(version),
        ...(entry.deadLetter && safeDeadLettering(entry)),
        ...(entry.maxBytes && { 'x-max-length-bytes': entry.maxBytes }),
      });
    case 'tokens':
      // Where rejected ones go is each limit's own: `tokenDeclaration` adds it.
      return durable(quorum(version));
    case 'single':
      return durable({ ...quorum(version), ...safeDeadLettering(entry), 'x-single-active-consumer': true });
    case 'delay':
      // The time to live is each rung's own: whoever declares it adds it.
      return durable({ ...quorum(version), ...safeDeadLettering(entry) });
    case 'stream':
      return durable({
        'x-queue-type': 'stream',
        ...(entry.maxBytes && {
          'x-max-length-bytes': entry.maxBytes,
          'x-stream-max-segment-size-bytes': Math.ceil(entry.maxBytes / SEGMENTS),
        }),
      });
    case 'reply':
      return { durable: false, exclusive: true, arguments: {} };
  }
}

/** What a queue made beforehand for a process keeps while no process reads it: no more than what is of any use. */
const SLOT_TTL_MS = 60_000;
const SLOT_MESSAGES = 1_000;

/** How a queue is declared that is there before any service. */
export function plannedDeclaration(
  { row, ttlMs, isSerial, tokensOf }: PlannedQueue,
  version: string,
): QueueDeclaration {
  if (queues[row].type === 'reply') return slotDeclaration();
  if (tokensOf) return tokenDeclaration(tokensOf, version);
  const declaration = queueDeclaration(row, version, isSerial);
  if (ttlMs === undefined) return declaration;
  return { ...declaration, arguments: { ...declaration.arguments, 'x-message-ttl': ttlMs } };
}

/** How the queue of a limit's tokens is declared: what is rejected there, spent tokens of a rate, goes where it rests. */
export function tokenDeclaration(
  { name, restMs }: Omit<TokenLimit, 'count'>,
  version: string,
): QueueDeclaration {
  const declaration = queueDeclaration('heddle.tokens.<limit>', version);
  if (restMs === undefined) return declaration;
  const resting = safeDeadLettering({ deadLetter: restName(restMs) });
  const back = { 'x-dead-letter-routing-key': tokenKeys(name).back };
  return { ...declaration, arguments: { ...declaration.arguments, ...resting, ...back } };
}

/** A queue of replies or news that is made beforehand, and taken by one process after the other. */
function slotDeclaration(): QueueDeclaration {
  return durable({ 'x-queue-type': 'classic', 'x-message-ttl': SLOT_TTL_MS, 'x-max-length': SLOT_MESSAGES });
}

/**
 * From 4.0 a quorum queue drops a message that was returned 20 times, unless told not to. Before, there is no such
 * limit, and asking for none loses the message at its first return.
 */
function quorum(version: string): Record<string, string | number> {
  return { 'x-queue-type': 'quorum', ...(isAtLeast(version, 4, 0) && { 'x-delivery-limit': -1 }) };
}

/** At-least-once dead-lettering, which asks for `reject-publish`. */
function safeDeadLettering(entry: Pick<QueueEntry, 'deadLetter'>): Record<string, string | number> {
  if (!entry.deadLetter) return {};
  return {
    'x-dead-letter-exchange': entry.deadLetter,
    'x-dead-letter-strategy': 'at-least-once',
    'x-overflow': 'reject-publish',
  };
}

function durable(args: Record<string, string | number | boolean>): QueueDeclaration {
  return { durable: true, exclusive: false, arguments: args };
}
