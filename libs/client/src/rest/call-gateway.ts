import { setTimeout as pause } from 'node:timers/promises';
import { type ErrorCode, errorTable, HeddleError, type Problem } from '@heddle/contracts';
import { type Timeout, timeoutMs } from '../futures/wait-limit.ts';

export interface GatewayOptions {
  /** Sent with every request, such as what a proxy in front of the gateway wants to see. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /**
   * How long a request that may be repeated is tried again while the gateway cannot be reached or says 503. Milliseconds or
   * text; default `"30s"`; 0: not at all. Repeated are reads, cancels, and what has an `idempotencyKey`.
   */
  readonly patience?: Timeout;
}

export type Query = Readonly<
  Record<string, string | number | boolean | readonly (string | number)[] | undefined>
>;

export interface GatewayRequest {
  readonly method: 'GET' | 'POST' | 'DELETE';
  /** Its parts encoded, such as `/v1/jobs`. */
  readonly path: string;
  readonly query?: Query | undefined;
  /** JSON. */
  readonly body?: unknown;
  /** Instead of `body`: NDJSON, a line a chunk. Never repeated. */
  readonly lines?: AsyncIterable<Uint8Array> | undefined;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** The same request twice has the effect of one. Default: all but POST. */
  readonly repeatable?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
}

const DEFAULT_PATIENCE = '30s';
const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 5_000;

/** Talks HTTP with the gateway. */
export class GatewayCaller {
  readonly #url: string;
  readonly #headers: Readonly<Record<string, string>>;
  readonly #patienceMs: number;

  constructor(url: string, { headers = {}, patience = DEFAULT_PATIENCE }: GatewayOptions = {}) {
    this.#url = url.replace(/\/+$/, '');
    this.#headers = headers;
    this.#patienceMs = timeoutMs(patience);
  }

  /** The answer's JSON. Rejects with the `HeddleError` that the gateway gave, and as `fetch` does when it cannot be reached. */
  async call<T>(request: GatewayRequest): Promise<T> {
    return (await (await this.open(request)).json()) as T;
  }

  /** The answer, whose body is still to be read. */
  async open(request: GatewayRequest): Promise<Response> {
    const { method, repeatable = method !== 'POST', signal } = request;
    const deadline = performance.now() + (repeatable ? this.#patienceMs : 0);
    for (let wait = FIRST_PAUSE_MS; ; wait = Math.min(wait * 2, LONGEST_PAUSE_MS)) {
      const answer = await this.#try(request);
      if (answer instanceof Response && answer.ok) return answer;
      const left = deadline - performance.now();
      const again = !(answer instanceof Response) || answer.status === 503;
      if (!again || left <= 0 || signal?.aborted) throw await errorOf(answer);
      if (answer instanceof Response) await answer.body?.cancel();
      await pause(Math.min(wait, left), undefined, { signal });
    }
  }

  /** An answer, or why there is none. */
  async #try({
    method,
    path,
    query = {},
    body,
    lines,
    headers,
    signal,
  }: GatewayRequest): Promise<Response | Error> {
    const type = lines ? 'application/x-ndjson' : body === undefined ? undefined : 'application/json';
    try {
      return await fetch(`${this.#url}${path}${queryText(query)}`, {
        method,
        headers: { ...this.#headers, ...(type && { 'content-type': type }), ...headers },
        ...(lines && { body: ReadableStream.from(lines), duplex: 'half' }),
        ...(body !== undefined && { body: JSON.stringify(body) }),
        ...(signal && { signal }),
      });
    } catch (error) {
      return error as Error;
    }
  }
}

function queryText(query: Query): string {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value === undefined) continue;
    for (const one of [value].flat()) parameters.append(name, String(one));
  }
  const text = parameters.toString();
  return text === '' ? '' : `?${text}`;
}

async function errorOf(answer: Response | Error): Promise<Error> {
  if (answer instanceof Error) return answer;
  const problem = (await answer.json().catch(() => undefined)) as Partial<Problem> | undefined;
  const code = problem?.code;
  if (code === undefined || !isErrorCode(code)) {
    return new HeddleError('internal_error', `${answer.url} answered ${answer.status} without saying why`);
  }
  return new HeddleError(code, problem?.detail ?? '', { issues: problem?.errors ?? [] });
}

function isErrorCode(code: string): code is ErrorCode {
  return code in errorTable;
}
