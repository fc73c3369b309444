import type { IncomingMessage, ServerResponse } from 'node:http';
import { HeddleError } from '@heddle/contracts';
import type { GatewayParts } from '../gateway-parts.ts';
import { problemOf } from '../http/problem.ts';
import { type EventPosition, parseEventId } from './event-id.ts';
import { catchUp, followRing, type Reader } from './follow-log.ts';
import type { LogEntry } from './log-entry.ts';
import { SseStream } from './sse-stream.ts';
import { Wakeup } from './wakeup.ts';

/** What one kind of event stream shows. */
export interface EventView {
  /** The SSE text of what it shows of an entry, from that index on, and whether that was the last there is to come. */
  pick(entry: LogEntry, fromIndex: number): { readonly text: string; readonly last: boolean };
  /** Whether nothing can come after that event. */
  isLast(entry: LogEntry, index: number): boolean;
  /** What is known now; `over`: nothing more will happen. Absent for a stream without such a thing. */
  snapshot?(): Promise<{ readonly data: unknown; readonly over: boolean }>;
}

export const MOST_STREAMS = 2_000;

type Parts = Pick<GatewayParts, 'events' | 'draining' | 'log'>;

/** Answers with server-sent events, from `Last-Event-ID` on if the client sent one, until it leaves or all has been said. */
export async function serveEvents(
  { events: live, draining, log }: Parts,
  request: IncomingMessage,
  response: ServerResponse,
  view: EventView,
): Promise<void> {
  if (live.readers >= MOST_STREAMS) {
    throw new HeddleError('overloaded', `${MOST_STREAMS} event streams are open here`);
  }
  const wakeup = new Wakeup();
  const sse = new SseStream(response, wakeup.wake);
  const shutDown = () => sse.end('the gateway is shutting down');
  draining.addEventListener('abort', shutDown, { once: true });
  let joined = false;
  try {
    const epoch = await live.join(wakeup.wake);
    joined = true;
    if (request.method === 'HEAD') {
      sse.open();
      return sse.end();
    }
    const reader = readerOf(sse, view, { live, wakeup });
    const lastEventId = request.headers['last-event-id'];
    const cursor =
      typeof lastEventId === 'string' && lastEventId !== ''
        ? await resume(reader, view, lastEventId, epoch)
        : await begin(reader, view);
    if (cursor === undefined) return sse.end();
    sse.open();
    await followRing(reader, cursor);
  } catch (error) {
    if (!sse.opened) throw error;
    const { code, detail } = problemOf(error);
    log.warn({ err: error }, 'an event stream broke off');
    sse.end(`${code}: ${detail}`);
  } finally {
    draining.removeEventListener('abort', shutDown);
    if (joined) live.leave(wakeup.wake);
  }
}

function readerOf(sse: SseStream, view: EventView, rest: Pick<Reader, 'live' | 'wakeup'>): Reader {
  return {
    ...rest,
    sse,
    write: (entry, fromIndex) => {
      const { text, last } = view.pick(entry, fromIndex);
      if (text !== '') sse.write(text);
      return last;
    },
    gap: async (reason) => {
      sse.event('gap', { reason });
      return sendSnapshot(sse, view);
    },
  };
}

/** Sends the snapshot, if the stream has one; true when nothing more will happen. */
async function sendSnapshot(sse: SseStream, view: EventView): Promise<boolean> {
  if (!view.snapshot) return false;
  const { data, over } = await view.snapshot();
  sse.event('snapshot', data);
  return over;
}

/** The cursor to follow from, or undefined when all has been said. */
async function begin({ live, sse }: Reader, view: EventView): Promise<number | undefined> {
  // Taken before the snapshot is asked for: what happens meanwhile comes after it, maybe twice, but is not lost.
  const cursor = live.ring.end;
  return (await sendSnapshot(sse, view)) ? undefined : cursor;
}

async function resume(
  reader: Reader,
  view: EventView,
  lastEventId: string,
  epoch: string,
): Promise<number | undefined> {
  const { live, sse } = reader;
  const fresh = live.ring.end;
  const position = parseEventId(lastEventId);
  const reached = await reach(reader, view, position, epoch);
  if (reached === 'done') {
    sse.nothingToCome();
    return undefined;
  }
  if ('cursor' in reached) return reached.cursor;
  return (await reader.gap(`${lastEventId.slice(0, 100)}: ${reached.gap}`)) ? undefined : fresh;
}

/** Gets the client from its position to the ring. */
async function reach(
  reader: Reader,
  view: EventView,
  position: EventPosition | undefined,
  epoch: string,
): Promise<{ cursor: number } | { gap: string } | 'done'> {
  if (!position) return { gap: 'this is no event id of Heddle' };
  if (position.epoch !== epoch) return { gap: 'the event log was made anew since' };
  const cursor = reader.live.ring.find(position.offset);
  const entry = cursor === undefined ? undefined : reader.live.ring.at(cursor);
  if (cursor === undefined || typeof entry !== 'object' || 'gap' in entry) {
    return catchUp(reader, position, (first) => view.isLast(first, position.index));
  }
  if (view.isLast(entry, position.index) || reader.write(entry, position.index + 1)) return 'done';
  return { cursor: cursor + 1 };
}
