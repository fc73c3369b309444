import {
  type ExchangeRow,
  exchanges,
  type MessageKind,
  type Party,
  type QueueRow,
  queues,
} from '@heddle/contracts';

/** An exchange of the table, with what may be absent spelt out. */
export interface ExchangeFacts {
  readonly name: ExchangeRow;
  readonly type: 'topic' | 'direct' | 'fanout';
  readonly carries: readonly MessageKind[];
  readonly keys: readonly string[];
  readonly publishers: readonly Party[];
  readonly alternate?: string;
  readonly about: string;
}

/** A queue of the table, with what may be absent spelt out. */
export interface QueueFacts {
  readonly name: QueueRow;
  readonly type: 'job' | 'quorum' | 'single' | 'tokens' | 'delay' | 'stream' | 'reply';
  readonly carries: readonly MessageKind[];
  readonly bindings: readonly { readonly exchange: ExchangeRow; readonly key: string }[];
  readonly consumers: readonly Party[];
  readonly prefetch?: number | 'task';
  readonly deadLetter?: ExchangeRow;
  readonly maxBytes?: number;
  readonly about: string;
}

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
