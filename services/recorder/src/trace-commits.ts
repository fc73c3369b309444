import { messageAttributes, type Tracing, tracing } from '@heddle/tracing';
import type { Item } from './store/record-batch.ts';

const QUEUE = 'heddle.events.recorder';

/** A span for each event that is now committed and part of a trace; it covers the transaction that it shared with others. */
export function traceCommits(items: readonly Item[], seconds: number): void {
  const active = tracing();
  if (!active) return;
  const startedAt = Date.now() - seconds * 1_000;
  for (const item of items)
    if (item.kind === 'event') traceEvent(active, item.event, startedAt, items.length);
}

type Event = Extract<Item, { kind: 'event' }>['event'];

function traceEvent(active: Tracing, event: Event, startedAt: number, count: number): void {
  // Progress may come many times a second.
  if (event.traceparent === undefined || event.type === 'progress') return;
  const span = active.start(`process ${QUEUE}`, {
    kind: 'consumer',
    parent: event.traceparent,
    startedAt,
    attributes: {
      ...messageAttributes({ type: 'process', operation: 'record', destination: QUEUE, count }),
      'heddle.job.id': event.job,
      'heddle.event': event.type,
    },
  });
  span.end();
}
