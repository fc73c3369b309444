import { delayRungs } from './delay.ts';
import { type ExchangeRow, exchanges } from './exchanges.ts';
import { laneKey } from './fair.ts';
import type { TokenLimit } from './limit.ts';
import { type PlannedTask, parsePlannedTask } from './planned-task.ts';
import { serialKey, WEBHOOK_TASK } from './task.ts';
import { type QueueRow, queues } from './topology.ts';

/**
 * How many processes of services can share a broker on which they may declare nothing: each takes one of so many queues of control
 * news that were made beforehand, and one of replies.
 */
export const INSTANCE_SLOTS = 64;
/** Queues of replies that were made beforehand: for as many programs with the client besides, which hear no control news. */
export const REPLY_SLOTS = 2 * INSTANCE_SLOTS;

export interface PlannedExchange {
  readonly name: string;
  readonly type: 'topic' | 'direct' | 'fanout';
  readonly alternate: string | undefined;
}

export interface PlannedQueue {
  readonly name: string;
  readonly row: QueueRow;
  readonly bindings: readonly { readonly exchange: string; readonly key: string }[];
  /** For a rung of the delay ladder, and where spent tokens rest: how long messages stay, in milliseconds. */
  readonly ttlMs: number | undefined;
  /** Whose tokens lie in it, if any do. */
  readonly tokensOf: Omit<TokenLimit, 'count'> | undefined;
  /** It belongs to a task with serial keys. */
  readonly isSerial: boolean;
}

export interface PlannedTopology {
  readonly exchanges: readonly PlannedExchange[];
  readonly queues: readonly PlannedQueue[];
}

/**
 * The table with every name filled in: all that has to be on the broker for these tasks when no service may declare
 * anything. Tasks as `plannedText` writes them: `image.thumbnail`, or `ledger.deposit:4` for one with serial keys in 4 partitions.
 * Throws `invalid_task`.
 */
export function plannedTopology(tasks: readonly string[]): PlannedTopology {
  const byName = new Map([WEBHOOK_TASK, ...tasks].map(parsePlannedTask).map((task) => [task.name, task]));
  const all = [...byName.values()].toSorted((a, b) => (a.name < b.name ? -1 : 1));
  const limits = new Map(all.flatMap((task) => task.limits.map((limit) => [limit.name, limit])));
  const exchangeRows = Object.keys(exchanges) as ExchangeRow[];
  const queueRows = Object.keys(queues) as QueueRow[];
  return {
    exchanges: exchangeRows.flatMap((row) =>
      fillIns(row, all).map((fillIn) => {
        const entry = exchanges[row];
        return {
          name: fillIn(row),
          type: entry.type,
          alternate: 'alternate' in entry ? entry.alternate : undefined,
        };
      }),
    ),
    queues: queueRows.flatMap((row) =>
      fillIns(row, all).map((fillIn) => ({
        name: fillIn(row),
        row,
        bindings: queues[row].bindings.map(({ exchange, key }) => ({
          exchange: fillIn(exchange),
          key: fillIn(key),
        })),
        ttlMs: queues[row].type === 'delay' ? Number(fillIn('<ms>')) : undefined,
        tokensOf: row === 'heddle.tokens.<limit>' ? limits.get(fillIn('<limit>')) : undefined,
        isSerial: byName.get(fillIn('<task>'))?.partitions !== undefined,
      })),
    ),
  };
}

type FillIn = (text: string) => string;

/** What rows of the table with a name in them stand for, by their beginning. */
const filledIn: readonly (readonly [string, (tasks: readonly PlannedTask[]) => readonly FillIn[]])[] = [
  // A job of a serial task that took its worker down stays in its partition.
  [
    'heddle.jobs.<task>.suspect',
    (tasks) => putting('<task>', tasks.filter((task) => !task.partitions).map(nameOf)),
  ],
  ['heddle.jobs.<task>', (tasks) => putting('<task>', tasks.map(nameOf))],
  ['heddle.serial.<partition>', (tasks) => putting('<partition>', tasks.flatMap(partitionsOf))],
  ['heddle.lanes.<lane>', (tasks) => tasks.flatMap(lanesOf)],
  ['heddle.tokens.<limit>', (tasks) => putting('<limit>', tasks.flatMap(limitsOf))],
  ['heddle.ledger.<limit>', (tasks) => putting('<limit>', tasks.flatMap(limitsOf))],
  ['heddle.rest.<ms>', (tasks) => putting('<ms>', tasks.flatMap(restsOf))],
  ['heddle.delay.<ms>', () => putting('<ms>', delayRungs.map(String))],
  ['heddle.replies.<instance>', () => putting('<instance>', slots(REPLY_SLOTS))],
  ['heddle.control.<instance>', () => putting('<instance>', slots(INSTANCE_SLOTS))],
];

/** For each name that a row stands for: what puts that into it, and into its bindings. */
function fillIns(row: string, tasks: readonly PlannedTask[]): readonly FillIn[] {
  if (!row.includes('<')) return [(text) => text];
  return filledIn.find(([beginning]) => row.startsWith(beginning))?.[1](tasks) ?? [];
}

function putting(placeholder: string, values: readonly string[]): FillIn[] {
  return [...new Set(values)].map((value) => (text) => text.replace(placeholder, value));
}

function nameOf({ name }: PlannedTask): string {
  return name;
}

function partitionsOf({ name, partitions = 0 }: PlannedTask): string[] {
  return Array.from({ length: partitions }, (_, partition) => serialKey(name, partition));
}

/** The key that a lane is bound with is not what ends its name. */
function lanesOf({ name, lanes }: PlannedTask): FillIn[] {
  return Array.from(
    { length: lanes },
    (_, lane) => (text) =>
      text.replace('<task>/<lane>', laneKey(name, lane)).replace('<lane>', `${name}.${lane}`),
  );
}

function limitsOf({ limits }: PlannedTask): string[] {
  return limits.map(({ name }) => name);
}

function restsOf({ limits }: PlannedTask): string[] {
  return limits.flatMap(({ restMs }) => (restMs === undefined ? [] : [String(restMs)]));
}

function slots(count: number): string[] {
  return Array.from({ length: count }, (_, i) => `slot-${i + 1}`);
}

/** The queues made beforehand for the processes of a row such as `heddle.replies.<instance>`. */
export function slotQueues(row: QueueRow): string[] {
  const count = row === 'heddle.replies.<instance>' ? REPLY_SLOTS : INSTANCE_SLOTS;
  return slots(count).map((slot) => row.replace('<instance>', slot));
}
