import { HeddleError } from '@heddle/contracts';
import { AddressGuard } from '@heddle/outbound';
import { type Dispatcher, errors } from 'undici';
import { HostTurns } from './host-turns.ts';
import { checkStatus, redirectOf, retryAfterMs } from './judge-status.ts';
import { ACCEPTED_CODINGS, openBody } from './open-body.ts';
import { requestPage, SILENCE_MS } from './request-page.ts';
import { HostResolver } from './resolve-host.ts';
import { TimeLimit } from './time-limit.ts';
import { allowsPort, type WebSettings } from './web-settings.ts';

/** Requests at once to a stranger's host. */
const POLITE = 8;
const MAX_REDIRECTS = 5;
/** A host that wants to be left alone is, for so long at once; who then still comes too early is told again. */
const LONGEST_HOST_REST_MS = 30_000;

/** An answer that says success. */
export interface Page {
  /** After all redirects. */
  readonly url: URL;
  readonly status: number;
  readonly redirects: number;
  /** The `content-type` as it came; empty: none. */
  readonly type: string;
  /** Bytes that the body says it has, as they come; undefined: it does not say, or they are coded. */
  readonly length: number | undefined;
  /** Without content codings. */
  readonly body: AsyncIterable<Buffer>;
}

export interface PageRequest {
  readonly url: string;
  readonly accept: string;
  /** Bytes of a body as they come over the line. */
  readonly maxBytes: number;
  /** Milliseconds on the network, waiting for the host's turn not counted. */
  readonly limitMs: number;
  readonly signal: AbortSignal;
}

/** Fetches pages for people whom we do not know, from hosts that we do not know. */
export class PageFetcher {
  readonly #settings: WebSettings;
  readonly #resolver: HostResolver;
  readonly #turns = new HostTurns();

  constructor(settings: WebSettings) {
    this.#settings = settings;
    const guard = new AddressGuard(settings.HEDDLE_WEB_ALLOW, {
      code: 'web_refused',
      setting: 'HEDDLE_WEB_ALLOW',
    });
    this.#resolver = new HostResolver(guard, settings.HEDDLE_WEB_DNS);
  }

  /**
   * Follows redirects, each checked as the first URL is, and gives the page to `read`, whose result it resolves with. Rejects
   * with `web_refused`, `web_failed`, `web_status`, `web_too_large`, or the signal's reason.
   */
  async fetch<T>(request: PageRequest, read: (page: Page) => Promise<T>): Promise<T> {
    let url = this.#check(request.url);
    let leftMs = request.limitMs;
    for (let redirects = 0; ; redirects += 1) {
      const visit = await this.#visit(request, url, redirects, leftMs, read);
      if (!visit.next) return visit.value;
      if (redirects === MAX_REDIRECTS) {
        throw new HeddleError(
          'web_status',
          `${request.url}: expected at most ${MAX_REDIRECTS} redirects, got more`,
        );
      }
      url = visit.next;
      leftMs = visit.leftMs;
    }
  }

  async #visit<T>(
    request: PageRequest,
    url: URL,
    redirects: number,
    leftMs: number,
    read: (page: Page) => Promise<T>,
  ): Promise<{ next: URL; leftMs: number } | { next?: undefined; value: T }> {
    const limit = new TimeLimit(leftMs, request.signal);
    try {
      const { addresses, isOwn } = await limit.bound(() => this.#resolver.resolve(url));
      const most = this.#settings.HEDDLE_WEB_PER_HOST ?? (isOwn ? Number.POSITIVE_INFINITY : POLITE);
      return await this.#turns.run(url.host, most, request.signal, () =>
        limit.bound((signal) => {
          const headers = { accept: request.accept, 'accept-encoding': ACCEPTED_CODINGS };
          return requestPage(url, addresses, headers, signal, async (answer) => {
            const { statusCode: status, headers } = answer;
            const target = redirectOf(status, headers);
            if (target !== undefined) return { next: this.#check(target, url), leftMs: limit.leftMs };
            this.#heed(url, headers);
            checkStatus(url, status, headers);
            return { value: await read(pageOf(url, redirects, answer, request.maxBytes)) };
          });
        }),
      );
    } catch (error) {
      throw limit.isUp ? late(url, request) : asWebError(error, url, request.signal);
    }
  }

  #heed(url: URL, headers: Dispatcher.ResponseData['headers']): void {
    const restMs = retryAfterMs(headers);
    if (restMs !== undefined) this.#turns.rest(url.host, Math.min(restMs, LONGEST_HOST_REST_MS));
  }

  #check(text: string, base?: URL): URL {
    const refuse = (expected: string) =>
      new HeddleError('web_refused', `expected ${expected}, got ${JSON.stringify(text.slice(0, 200))}`);
    if (!URL.canParse(text, base?.href)) throw refuse('a URL');
    const url = new URL(text, base?.href);
    if (url.protocol !== 'http:' && url.protocol !== 'https:') throw refuse('http: or https:');
    if (url.username !== '' || url.password !== '') throw refuse('a URL without a name and password');
    const port = Number(url.port || (url.protocol === 'https:' ? 443 : 80));
    if (!allowsPort(this.#settings.HEDDLE_WEB_PORTS, port)) {
      throw refuse(`a port that HEDDLE_WEB_PORTS names (${this.#settings.HEDDLE_WEB_PORTS.join(', ')})`);
    }
    url.hash = '';
    return url;
  }
}

function pageOf(url: URL, redirects: number, answer: Dispatcher.ResponseData, maxBytes: number): Page {
  const { statusCode: status, headers } = answer;
  const coding = headers['content-encoding'];
  const length = Number(headers['content-length']);
  return {
    url,
    status,
    redirects,
    type: String(headers['content-type'] ?? ''),
    length: coding === undefined && Number.isSafeInteger(length) ? length : undefined,
    body: openBody(answer.body, coding, maxBytes),
  };
}

function late(url: URL, { limitMs }: PageRequest): HeddleError {
  return new HeddleError('web_failed', `${url.href}: expected a whole answer within ${limitMs} ms`);
}

function asWebError(error: unknown, url: URL, signal: AbortSignal): unknown {
  if (signal.aborted) return signal.reason;
  if (error instanceof HeddleError) return error;
  if (error instanceof errors.HeadersOverflowError) {
    return new HeddleError('web_too_large', `${url.href}: expected shorter headers`, { cause: error });
  }
  if (error instanceof errors.HeadersTimeoutError || error instanceof errors.BodyTimeoutError) {
    return new HeddleError('web_failed', `${url.href}: expected no silence of more than ${SILENCE_MS} ms`, {
      cause: error,
    });
  }
  const { message, code } = error as { message?: string; code?: string };
  return new HeddleError('web_failed', `${url.href}: ${message || code || 'no connection'}`, {
    cause: error,
  });
}
