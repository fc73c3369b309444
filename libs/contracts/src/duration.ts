import { z } from 'zod';

const UNIT_MS = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;
/** Text that is a duration. */
export const DURATION_TEXT = /^(\d{1,12})(ms|s|m|h|d)$/;

/** The longest duration anywhere in Heddle: 365 days, in milliseconds. */
export const MAX_DURATION_MS = 365 * UNIT_MS.d;

/** The longest that Node can set a timer, in milliseconds: a longer one would go off at once. */
export const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** Milliseconds of `"250ms"`, `"30s"`, `"5m"`, `"2h"`, `"1d"`; undefined if the text is no such thing. */
export function parseDuration(text: string): number | undefined {
  const match = DURATION_TEXT.exec(text);
  if (!match) return undefined;
  return Number(match[1]) * UNIT_MS[match[2] as keyof typeof UNIT_MS];
}

/** A duration at the edge: whole milliseconds or a string with a unit; whole milliseconds inside. 1 ms to 365 days. */
export const durationSchema = z
  .union([z.int(), z.string()], {
    error: 'expected whole milliseconds or a string such as "30s", "5m", "2h"',
  })
  .transform((given, context) => {
    const ms = typeof given === 'number' ? given : parseDuration(given);
    if (ms === undefined) {
      context.addIssue({
        code: 'custom',
        message: `expected a duration such as "250ms", "30s", "5m", "2h" or "1d", got ${JSON.stringify(given)}`,
      });
      return z.NEVER;
    }
    if (ms < 1 || ms > MAX_DURATION_MS) {
      context.addIssue({ code: 'custom', message: `expected 1 ms to 365 days, got ${ms} ms` });
      return z.NEVER;
    }
    return ms;
  })
  // So that JSON Schema has words for what comes out.
  .pipe(z.int());

/** A duration in a query, where all is text: bare digits are milliseconds. */
export const durationQuerySchema = z
  .string()
  .transform((text) => (/^\d+$/.test(text) ? Number(text) : text))
  .pipe(durationSchema);
