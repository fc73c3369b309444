import { setTimeout as pause } from 'node:timers/promises';
import type { Delivery } from '@heddle/broker';
import type { EventPosition } from './event-id.ts';
import type { LiveEvents } from './live-events.ts';
import type { LogEntry } from './log-entry.ts';
import type { SseStream } from './sse-stream.ts';
import type { Wakeup } from './wakeup.ts';

/** One client on its way along the log. */
export interface Reader {
  readonly live: LiveEvents;
  readonly sse: SseStream;
  readonly wakeup: Wakeup;
  /** Writes what the client wants of an entry from that index on; true when there is nothing more to come for it. */
  write(entry: LogEntry, fromIndex: number): boolean;
  /** Tells the client that events are missing, and what is known instead; true when there is nothing more to come. */
  gap(reason: string): Promise<boolean>;
}

/** Follows the ring from the cursor on, until the client is gone, has got its last event, or is too slow. */
export async function followRing(reader: Reader, cursor: number): Promise<void> {
  const { live, sse, wakeup } = reader;
  for (let next = cursor; !sse.ended; ) {
    const item = sse.full ? undefined : live.ring.at(next);
    if (item === undefined) {
      // A lagging client that is overrun while it waits will not catch up.
      if (live.ring.at(next) === 'overrun') return drop(reader);
      await wakeup.sleep();
      continue;
    }
    if (item === 'overrun') return drop(reader);
    next++;
    const done = 'gap' in item ? await reader.gap(item.gap) : reader.write(item, 0);
    if (done) return sse.end();
  }
}

function drop({ live, sse }: Reader): void {
  live.dropped += 1;
  sse.end(TOO_SLOW);
}

const TOO_SLOW = 'this client reads too slowly and was dropped; it may resume with Last-Event-ID';

/** What RabbitMQ has delivered of nothing for so long lies past the end of the log: it never says so itself. */
const PAST_THE_END_MS = 5_000;

/**
 * Reads the log from a position that the ring does not hold, with a consumer of its own, until the ring has what comes
 * next. Gives the cursor to go on from, a gap when the position is no longer or not yet in the log, or `done`.
 */
export async function catchUp(
  reader: Reader,
  from: EventPosition,
  isLast: (entry: LogEntry) => boolean,
): Promise<{ cursor: number } | { gap: string } | 'done'> {
  const { live, sse, wakeup } = reader;
  const deliveries: Delivery[] = [];
  const consumer = await live.readFrom(from.offset, (delivery) => {
    deliveries.push(delivery);
    wakeup.wake();
  });
  const nothing = new AbortController();
  let late = false;
  void pause(PAST_THE_END_MS, undefined, { signal: nothing.signal }).then(
    () => {
      late = true;
      wakeup.wake();
    },
    () => undefined,
  );
  try {
    for (let position: number | undefined; !sse.ended; await wakeup.sleep()) {
      while (!sse.full && !sse.ended) {
        const delivery = deliveries.shift();
        if (!delivery) break;
        const entry = live.entryOf(delivery, from.epoch);
        delivery.ack();
        const offset = delivery.streamOffset ?? -1;
        if (position === undefined && offset > from.offset)
          return { gap: 'the events after it have expired' };
        if (position === undefined && entry && isLast(entry)) return 'done';
        if (entry && reader.write(entry, position === undefined ? from.index + 1 : 0)) return 'done';
        position = offset;
      }
      const cursor = position === undefined ? undefined : cursorAfter(live, position);
      if (cursor !== undefined) return { cursor };
      if (position === undefined && late) return { gap: 'it lies past the end of the log' };
    }
    return 'done';
  } finally {
    nothing.abort();
    await consumer.close();
  }
}

/** Where in the ring the log goes on after that offset; undefined while the ring begins later or has not come so far. */
function cursorAfter({ ring }: LiveEvents, offset: number): number | undefined {
  const span = ring.span;
  if (!span || offset < span.first - 1 || offset > span.last) return undefined;
  const found = ring.find(offset);
  if (found !== undefined) return found + 1;
  return offset === span.first - 1 ? ring.find(span.first) : undefined;
}
