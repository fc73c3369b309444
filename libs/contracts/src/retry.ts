import { z } from 'zod';
import { durationSchema, MAX_DURATION_MS } from './duration.ts';

const MAX_ATTEMPTS = 100;
const DEFAULT_DELAY_MS = 1_000;
const DEFAULT_MAX_DELAY_MS = 3_600_000;
const DEFAULT_JITTER = 0.2;

const MAX_CODES = 50;
const rule = {
  /** All attempts, the first one included; 1: never again. */
  attempts: z.int().min(1).max(MAX_ATTEMPTS).exactOptional(),
  backoff: z.enum(['exponential', 'fixed']).exactOptional(),
  /** Before the second attempt. */
  delay: durationSchema.exactOptional(),
  /** No rest is longer. */
  maxDelay: durationSchema.exactOptional(),
  /** The part of a rest, 0 to 1, that is left to chance, so that what failed together does not come back together. */
  jitter: z.number().min(0).max(1).exactOptional(),
};

/** What is different for errors of one code. */
const retryRuleSchema = z.strictObject(rule).meta({ id: 'RetryRule' });

/** A key of a table on the wire, and as such at most 255 bytes. */
export const errorCodeSchema = z
  .string()
  .regex(/^[\w.:/-]{1,100}$/, { error: 'expected the code of an error' });

/**
 * How often a job is tried, and how long it rests between two attempts. What is absent is taken from the task, and then
 * from the defaults: one attempt; when more are asked for, exponential from 1 s to at most 1 h, 20 % jitter.
 */
export const retrySchema = z
  .strictObject({
    ...rule,
    /** By the code of the error that ended an attempt, what goes before all else that job and task say. At most 50. */
    codes: z
      .record(errorCodeSchema, retryRuleSchema)
      .refine((codes) => Object.keys(codes).length <= MAX_CODES, {
        error: `expected at most ${MAX_CODES} codes`,
      })
      .exactOptional(),
  })
  .meta({ id: 'Retry' });
/** As it comes in: durations may be strings. */
export type RetryInput = z.input<typeof retrySchema>;
/** Durations in milliseconds. */
export type RetryOptions = z.output<typeof retrySchema>;

/** A policy with nothing left open. Durations in milliseconds. */
export type RetryPolicy = Required<Omit<RetryOptions, 'codes'>>;

/**
 * What the job says goes before what its task says, and that before the defaults. `code`: of the error that it is about; what is
 * said of that goes before all.
 */
export function retryPolicy(
  ofJob: RetryOptions | undefined,
  ofTask: RetryOptions | undefined,
  code?: string,
): RetryPolicy {
  const { codes: codesOfJob, ...job } = ofJob ?? {};
  const { codes: codesOfTask, ...task } = ofTask ?? {};
  return {
    attempts: 1,
    backoff: 'exponential',
    delay: DEFAULT_DELAY_MS,
    maxDelay: DEFAULT_MAX_DELAY_MS,
    jitter: DEFAULT_JITTER,
    ...task,
    ...job,
    ...ruleOf(codesOfTask, code),
    ...ruleOf(codesOfJob, code),
  };
}

function ruleOf(codes: RetryOptions['codes'], code: string | undefined): z.output<typeof retryRuleSchema> {
  return (codes && code !== undefined && Object.hasOwn(codes, code) && codes[code]) || {};
}

/** Milliseconds to rest after attempt number `attempt` (from 1) has failed; `chance` is 0 to 1. */
export function restAfter(policy: RetryPolicy, attempt: number, chance: number = Math.random()): number {
  const factor = policy.backoff === 'fixed' ? 1 : 2 ** Math.min(attempt - 1, 60);
  const rest = Math.min(policy.delay * factor, policy.maxDelay, MAX_DURATION_MS);
  return Math.max(1, Math.round(rest * (1 - policy.jitter * chance)));
}
