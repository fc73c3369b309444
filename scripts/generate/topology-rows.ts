import {
  type ExchangeEntry,
  type ExchangeRow,
  exchanges,
  type QueueEntry,
  type QueueRow,
  queues,
} from '@heddle/contracts';

/** An exchange of the table, with what may be absent spelt out. */
export type ExchangeFacts = ExchangeEntry & { readonly name: ExchangeRow };

/** A queue of the table, with what may be absent spelt out. */
export type QueueFacts = QueueEntry & { readonly name: QueueRow };

export const exchangeRows: readonly ExchangeFacts[] = (Object.keys(exchanges) as ExchangeRow[]).map(
  (name) => ({ name, ...exchanges[name] }),
);

export const queueRows: readonly QueueFacts[] = (Object.keys(queues) as QueueRow[]).map((name) => ({
  name,
  ...queues[name],
}));

/** `heddle.events.log` → `events_log`; a name that Mermaid and AsyncAPI take as an identifier. */
export function identifier(name: string): string {
  return name
    .replace(/^heddle\./, '')
    .replace(/[<>]/g, '')
    .replace(/[^a-z0-9]+/gi, '_');
}
