import { delayRungs } from './delay.ts';
import { type ExchangeRow, exchanges } from './exchanges.ts';
import { serialKey, WEBHOOK_TASK } from './task.ts';
import { type QueueRow, queues } from './topology.ts';

/**
 * How many processes can share a broker on which they may declare nothing: each takes one of so many queues of replies, and one of
 * control news, that were made beforehand.
 */
export const INSTANCE_SLOTS = 64;

export interface PlannedExchange {
  readonly name: string;
  readonly type: 'topic' | 'direct' | 'fanout';
  readonly alternate: string | undefined;
}

export interface PlannedQueue {
  readonly name: string;
  readonly row: QueueRow;
  readonly bindings: readonly { readonly exchange: string; readonly key: string }[];
  /** For a rung of the delay ladder: how long messages rest in it, in milliseconds. */
  readonly ttlMs: number | undefined;
  /** It belongs to a task with serial keys. */
  readonly isSerial: boolean;
}

export interface PlannedTopology {
  readonly exchanges: readonly PlannedExchange[];
  readonly queues: readonly PlannedQueue[];
}

interface PlannedTask {
  readonly name: string;
  /** Of a task with serial keys. */
  readonly partitions?: number;
}

function parseTask(text: string): PlannedTask {
  const [name = '', partitions] = text.split(':');
  return partitions === undefined ? { name } : { name, partitions: Number(partitions) };
}

/**
 * The table with every name filled in: all that has to be on the broker for these tasks when no service may declare
 * anything. A task is `image.thumbnail`, or `ledger.deposit:4` for one with serial keys in 4 partitions.
 */
export function plannedTopology(tasks: readonly string[]): PlannedTopology {
  const byName = new Map([WEBHOOK_TASK, ...tasks].map((text) => [parseTask(text).name, parseTask(text)]));
  const all = [...byName.values()].toSorted((a, b) => (a.name < b.name ? -1 : 1));
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
        isSerial: byName.get(fillIn('<task>'))?.partitions !== undefined,
      })),
    ),
  };
}

/** What rows of the table with a name in them stand for, by their beginning. The tokens of limits and the lanes of fair tasks are not made beforehand. */
const filledIn: readonly (readonly [string, (tasks: readonly PlannedTask[]) => readonly string[]])[] = [
  // A job of a serial task that took its worker down stays in its partition.
  ['heddle.jobs.<task>.suspect', (tasks) => tasks.filter((task) => !task.partitions).map(nameOf)],
  ['heddle.jobs.<task>', (tasks) => tasks.map(nameOf)],
  ['heddle.serial.<partition>', (tasks) => tasks.flatMap(partitionsOf)],
  ['heddle.delay.<ms>', () => delayRungs.map(String)],
  ['heddle.replies.<instance>', () => slots()],
  ['heddle.control.<instance>', () => slots()],
];

/** For each name that a row stands for: what puts that into it, and into its bindings. */
function fillIns(row: string, tasks: readonly PlannedTask[]): ((text: string) => string)[] {
  const placeholder = /<[^>]+>/.exec(row)?.[0];
  if (placeholder === undefined) return [(text) => text];
  const values = filledIn.find(([beginning]) => row.startsWith(beginning))?.[1](tasks) ?? [];
  return values.map((value) => (text) => text.replace(placeholder, value));
}

function nameOf({ name }: PlannedTask): string {
  return name;
}

function partitionsOf({ name, partitions = 0 }: PlannedTask): string[] {
  return Array.from({ length: partitions }, (_, partition) => serialKey(name, partition));
}

function slots(): string[] {
  return Array.from({ length: INSTANCE_SLOTS }, (_, i) => `slot-${i + 1}`);
}

/** The queues made beforehand for the processes of a row such as `heddle.replies.<instance>`. */
export function slotQueues(row: QueueRow): string[] {
  return slots().map((slot) => row.replace('<instance>', slot));
}
