import { type Timeout, timeoutMs } from '@heddle/client';
import { ValueError } from '@heddle/contracts';

export interface AcquireOptions {
  /** False: do not wait, and give undefined if somebody else has it. Default true. */
  readonly blocking?: boolean | undefined;
  /** How long to wait, in milliseconds or as text such as `"5s"`; then undefined. Default: as long as it takes. */
  readonly timeout?: Timeout;
  /** Ends the wait: it rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}

/** What is given when it is never given up: with these options there is always a lease. */
export type Certain = AcquireOptions & { readonly blocking?: true | undefined; readonly timeout?: undefined };

/** Milliseconds to wait, `Infinity` for no limit, 0 for not at all. */
export function waitMs({ blocking = true, timeout }: AcquireOptions, negative: 'refused' | 'none'): number {
  if (!blocking) {
    if (timeout !== undefined) throw new ValueError("can't specify a timeout for a non-blocking call");
    return 0;
  }
  const ms = timeoutMs(timeout);
  if (ms >= 0) return ms;
  if (negative === 'none') return 0;
  // As in Python: -1 is for ever, all else below zero is a mistake.
  if (ms === -1) return Number.POSITIVE_INFINITY;
  throw new ValueError(`timeout: expected milliseconds from 0 on, got ${ms}`);
}
