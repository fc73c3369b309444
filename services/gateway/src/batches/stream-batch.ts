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

/**
 * Between two looks at a batch that moves, and at one that has not for a while. A look costs gateway, broker and recorder some
 * 4 ms of processor time; nobody waits for one to hear of the end.
 */
const SOONEST_MS = 500;
const LATEST_MS = 2_000;

type Parts = Pick<GatewayParts, 'recorder' | 'batchEnds' | 'draining' | 'log'>;

/**
 * `GET /v1/batches/{id}/events`: a `batch` event with all that `GET` shows, now and with each change; ends with the
 * batch, of which the recorder tells at once. What is counted is counted by the recorder; here it is only looked at.
 */
export function streamBatch({ recorder, batchEnds, draining, log }: Parts): Handler {
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
    const rest = new Rest();
    // Before the first look, so that no end falls between the two.
    const leave = batchEnds.watch(batch, () => rest.end());
    try {
      const first = await look();
      if (isOver(first) && request.headers['last-event-id'] === eventId(first)) return sse.nothingToCome();
      send(sse, first);
      if (request.method !== 'HEAD') await follow(sse, first, look, rest, gone);
      sse.end(draining.aborted ? 'the gateway is shutting down' : undefined);
    } catch (error) {
      if (!sse.opened) throw error;
      const { code, detail } = problemOf(error);
      log.warn({ err: error }, 'a batch stream broke off');
      sse.end(`${code}: ${detail}`);
    } finally {
      leave();
      open--;
    }
  };
}

/** Resolves when the batch has ended or the client has gone. A recorder that is away is waited for. */
async function follow(
  sse: SseStream,
  first: BatchView,
  look: () => Promise<BatchView>,
  rest: Rest,
  gone: AbortSignal,
): Promise<void> {
  let shown = first;
  for (let restMs = SOONEST_MS; !isOver(shown); restMs = Math.min(restMs * 2, LATEST_MS)) {
    await rest.take(restMs, gone);
    if (gone.aborted || sse.ended) return;
    const seen = await look().catch(unlessRetryable);
    if (seen === undefined || sse.full || eventId(seen) === eventId(shown)) continue;
    send(sse, seen);
    shown = seen;
    restMs = SOONEST_MS / 2;
  }
}

/** Between two looks; cut short by the news that the batch has ended, also by news from before it began. */
class Rest {
  #ended = new AbortController();

  end(): void {
    this.#ended.abort();
  }

  async take(ms: number, gone: AbortSignal): Promise<void> {
    const signal = AbortSignal.any([this.#ended.signal, gone]);
    await pause(ms, undefined, { signal }).catch(() => undefined);
    if (this.#ended.signal.aborted) this.#ended = new AbortController();
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
