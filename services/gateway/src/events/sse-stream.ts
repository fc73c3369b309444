import type { ServerResponse } from 'node:http';

/** Often enough for proxies that cut idle connections, and to notice a client that is gone. */
const HEARTBEAT_MS = 15_000;
/** What a client may leave unread before it gets no more for now; an overrun ring then decides that it is too slow. */
const MOST_UNREAD_BYTES = 256 * 1024;
/** Milliseconds after which a browser asks again. */
const RETRY_MS = 2_000;
/** How long the last words may stay unread. */
const LAST_WORDS_MS = 30_000;

/** The writing end of one client's event stream. Its headers are sent with the first words. */
export class SseStream {
  readonly #response: ServerResponse;
  readonly #wake: () => void;
  #heartbeat: NodeJS.Timeout | undefined;
  #ended = false;

  /** `wake` is called when the client has read on, or is gone. */
  constructor(response: ServerResponse, wake: () => void) {
    this.#response = response;
    this.#wake = wake;
    response.on('drain', wake);
    response.once('close', () => {
      clearInterval(this.#heartbeat);
      wake();
    });
  }

  /** Nobody listens any more. */
  get ended(): boolean {
    return this.#ended || this.#response.destroyed || this.#response.closed;
  }

  /** The client lags: it gets no more until `wake`. */
  get full(): boolean {
    return this.#response.writableLength > MOST_UNREAD_BYTES;
  }

  get opened(): boolean {
    return this.#response.headersSent;
  }

  open(): void {
    if (this.opened || this.ended) return;
    this.#response.writeHead(200, {
      'Content-Type': 'text/event-stream; charset=utf-8',
      'Cache-Control': 'no-store, no-transform',
      'X-Accel-Buffering': 'no',
      'X-Content-Type-Options': 'nosniff',
    });
    this.#response.write(`retry: ${RETRY_MS}\n\n`);
    this.#heartbeat = setInterval(() => this.#beat(), HEARTBEAT_MS);
  }

  write(text: string): void {
    if (this.ended) return;
    this.open();
    this.#response.write(text);
  }

  event(type: string, data: unknown): void {
    this.write(`event: ${type}\ndata: ${JSON.stringify(data)}\n\n`);
  }

  /** Ends the stream, saying why in a comment. */
  end(lastWords?: string): void {
    if (this.ended) return;
    this.#ended = true;
    clearInterval(this.#heartbeat);
    if (lastWords !== undefined) this.#response.write(`: ${lastWords}\n\n`);
    this.#response.end();
    const cut = setTimeout(() => this.#response.destroy(), LAST_WORDS_MS);
    this.#response.once('close', () => clearTimeout(cut));
    this.#wake();
  }

  /** Answers that there is nothing to come, which tells browsers to stop asking. */
  nothingToCome(): void {
    if (this.ended || this.opened) return this.end();
    this.#ended = true;
    this.#response.writeHead(204).end();
  }

  #beat(): void {
    if (!this.full) this.write(': still here\n\n');
  }
}
