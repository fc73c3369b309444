import { HeddleError } from '@heddle/contracts';
import { AddressGuard, guardedLookup } from '@heddle/outbound';
import { version } from '@heddle/service';
import { Agent, errors, request } from 'undici';

/** From the first byte to the end of the answer's headers. */
const LIMIT_MS = 10_000;
const CONNECT_MS = 5_000;
/** Of an answer's body, which nobody reads: so much is taken for the sender's sake, then the connection is cut. */
const MAX_ANSWER_BYTES = 16 * 1024;
const BODY_MS = 1_000;

/** What a receiver said. */
export interface Answer {
  readonly status: number;
  /** Seconds, or a date. */
  readonly retryAfter?: string | undefined;
}

/** What webhooks may dial: public addresses, and those in the ranges that the operator allows. */
export function webhookGuard(allowedRanges: readonly string[]): AddressGuard {
  return new AddressGuard(allowedRanges, { code: 'webhook_refused', setting: 'HEDDLE_WEBHOOK_ALLOW' });
}

/** Posts webhooks. Redirects are not followed: they would lead around the check of the address. */
export class WebhookPoster {
  readonly #guard: AddressGuard;
  readonly #agent: Agent;
  readonly #limitMs: number;

  constructor(guard: AddressGuard, limitMs = LIMIT_MS) {
    this.#guard = guard;
    this.#limitMs = limitMs;
    this.#agent = new Agent({
      connect: { lookup: guardedLookup(guard), timeout: CONNECT_MS },
      // A connection for each: one that a receiver has closed meanwhile would cost the delivery an attempt.
      pipelining: 0,
      maxHeaderSize: MAX_ANSWER_BYTES,
      headersTimeout: limitMs,
      bodyTimeout: BODY_MS,
    });
  }

  /** Rejects with `webhook_refused` for an address that is not allowed, with `webhook_failed` when no answer comes in time. */
  async post(address: string, headers: Record<string, string>, body: string): Promise<Answer> {
    const url = new URL(address);
    this.#guard.checkLiteral(url);
    try {
      const answer = await request(url, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'user-agent': `heddle/${version}`, ...headers },
        body,
        dispatcher: this.#agent,
        signal: AbortSignal.timeout(this.#limitMs),
      });
      // Its status says all; that the rest drips, or never ends, changes nothing.
      await answer.body
        .dump({ limit: MAX_ANSWER_BYTES, signal: AbortSignal.timeout(BODY_MS) })
        .catch(() => {});
      const retryAfter = answer.headers['retry-after'];
      return {
        status: answer.statusCode,
        retryAfter: typeof retryAfter === 'string' ? retryAfter : undefined,
      };
    } catch (error) {
      throw asWebhookError(error, this.#limitMs);
    }
  }

  close(): Promise<void> {
    return this.#agent.destroy();
  }
}

function asWebhookError(error: unknown, limitMs: number): HeddleError {
  if (error instanceof HeddleError) return error;
  const isLate =
    error instanceof errors.HeadersTimeoutError || (error instanceof Error && error.name === 'TimeoutError');
  const reason = isLate
    ? `no answer within ${limitMs} ms`
    : error instanceof Error
      ? error.message
      : String(error);
  return new HeddleError('webhook_failed', `expected an answer with 2xx, got: ${reason || 'no connection'}`, {
    cause: error,
  });
}
