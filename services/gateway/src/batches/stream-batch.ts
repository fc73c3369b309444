import { setTimeout as pause } from 'node:timers/promises';
import { type BatchView, HeddleError } from '@heddle/contracts';
import { MOST_STREAMS } from '../events/serve-events.ts';
import { SseStream } from '../events/sse-stream.ts';
import type { GatewayParts } from '../gateway-parts.ts';
import { untilGone } from '../http/gone.ts';
import { problemOf } from '../http/problem.ts';
import type { Handler } from '../http/route.ts';
import { requireBatchId } from './show-batch.ts';
import { viewBatch } from './view-batch.ts';

/** Between two looks at a batch that moves, and at one that has not for a while. */
const SOONEST_MS = 250;
const LATEST_MS = 2_000;

type Parts = Pick<GatewayParts, 'recorder' | 'draining' | 'log'>;

/**
 * `GET /v1/batches/{id}/events`: a `batch` event with all that `GET` shows, now and with each change; ends with the
 * batch. What is counted is counted by the recorder; here it is only looked at.
 */
export function streamBatch({ recorder, draining, log }: Parts): Handler {
  let open = 0;
  return async (request, response, { id }) => {
    if (open >= MOST_STREAMS)
      throw new HeddleError('overloaded', `${MOST_STREAMS} batch streams are open here`);
    const batch = requireBatchId(id);
    const look = async () => viewBatch(await recorder.ask({ op: 'batch', id: batch }));
    const gone = untilGone(response, draining);
    const sse = new SseStream(response, () => undefined);
    // Counted before the first look: those that look at the same time count too.
    open++;
    try {
      const first = await look();
      if (isOver(first) && request.headers['last-event-id'] === eventId(first)) return sse.nothingToCome();
      send(sse, first);
      if (request.method !== 'HEAD') await follow(sse, first, look, gone);
      sse.end(draining.aborted ? 'the gateway is shutting down' : undefined);
    } catch (error) {
      if (!sse.opened) throw error;
      const { code, detail } = problemOf(error);
      log.warn({ err: error }, 'a batch stream broke off');
      sse.end(`${code}: ${detail}`);
    } finally {
      open--;
    }
  };
}

/** Resolves when the batch has ended or the client has gone. A recorder that is away is waited for. */
async function follow(
  sse: SseStream,
  first: BatchView,
  look: () => Promise<BatchView>,
  gone: AbortSignal,
): Promise<void> {
  let shown = first;
  for (let rest = SOONEST_MS; !isOver(shown); rest = Math.min(rest * 2, LATEST_MS)) {
    await pause(rest, undefined, { signal: gone }).catch(() => undefined);
    if (gone.aborted || sse.ended) return;
    const seen = await look().catch(unlessRetryable);
    if (seen === undefined || sse.full || eventId(seen) === eventId(shown)) continue;
    send(sse, seen);
    shown = seen;
    rest = SOONEST_MS / 2;
  }
}

function unlessRetryable(error: unknown): undefined {
  if (!(error instanceof HeddleError) || !error.retryable) throw error;
}

function send(sse: SseStream, view: BatchView): void {
  sse.write(`id: ${eventId(view)}\nevent: batch\ndata: ${JSON.stringify(view)}\n\n`);
}

function isOver(view: BatchView): boolean {
  return view.state !== 'running';
}

/** The same id: nothing has changed. */
function eventId({ id, state, counts, reduceJob }: BatchView): string {
  return [id, state, ...Object.values(counts), reduceJob === null ? '' : 'reduce'].join('.');
}
