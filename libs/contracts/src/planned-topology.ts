import { delayRungs } from './delay.ts';
import { type ExchangeRow, exchanges } from './exchanges.ts';
import { WEBHOOK_TASK } from './task.ts';
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
}

export interface PlannedTopology {
  readonly exchanges: readonly PlannedExchange[];
  readonly queues: readonly PlannedQueue[];
}

/** The table with every name filled in: all that has to be on the broker for these tasks when no service may declare anything. */
export function plannedTopology(tasks: readonly string[]): PlannedTopology {
  const all = [...new Set([...tasks, WEBHOOK_TASK])].toSorted();
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
      })),
    ),
  };
}

/** What rows of the table with a name in them stand for, by their beginning. The tokens of limits are not made beforehand. */
const filledIn: readonly (readonly [string, (tasks: readonly string[]) => readonly string[]])[] = [
  ['heddle.jobs.<task>', (tasks) => tasks],
  ['heddle.delay.<ms>', () => delayRungs.map(String)],
  ['heddle.replies.<instance>', () => slots()],
  ['heddle.control.<instance>', () => slots()],
];

/** For each name that a row stands for: what puts that into it, and into its bindings. */
function fillIns(row: string, tasks: readonly string[]): ((text: string) => string)[] {
  const placeholder = /<[^>]+>/.exec(row)?.[0];
  if (placeholder === undefined) return [(text) => text];
  const values = filledIn.find(([beginning]) => row.startsWith(beginning))?.[1](tasks) ?? [];
  return values.map((value) => (text) => text.replace(placeholder, value));
}

function slots(): string[] {
  return Array.from({ length: INSTANCE_SLOTS }, (_, i) => `slot-${i + 1}`);
}

/** The queues made beforehand for the processes of a row such as `heddle.replies.<instance>`. */
export function slotQueues(row: QueueRow): string[] {
  return slots().map((slot) => row.replace('<instance>', slot));
}
