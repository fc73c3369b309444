import { z } from 'zod';
import { durationSchema } from './duration.ts';
import { describeIssues, issuesOf } from './error.ts';
import { type Decoded, parseJson, type ReceivedMessage, type WireMessage } from './message.ts';

/** Each is a message on the broker. */
export const MAX_TOKENS = 1_000;

/** How much of a task may happen at once, on all workers together. */
export const limitSchema = z
  .strictObject({
    /** Jobs that run at the same time. */
    concurrency: z.int().min(1).max(MAX_TOKENS).exactOptional(),
    /** Jobs that are begun, retries included: at most `count` within any time as long as `per`. */
    rate: z.strictObject({ count: z.int().min(1).max(MAX_TOKENS), per: durationSchema }).exactOptional(),
  })
  .refine(({ concurrency, rate }) => concurrency !== undefined || rate !== undefined, {
    error: 'expected "concurrency", "rate" or both',
  })
  .meta({ id: 'Limit' });
/** As it comes in: durations may be strings. */
export type LimitInput = z.input<typeof limitSchema>;
/** Durations in milliseconds. */
export type Limit = z.output<typeof limitSchema>;

/** One of a task's limits, as tokens on the broker: who has one may run a job. */
export interface TokenLimit {
  /** Names its queues; unique to the task and, for rates, to the time that a token rests. */
  readonly name: string;
  readonly count: number;
  /** Milliseconds until a token that was spent can be used again; absent: it is given back at the end of the job. */
  readonly restMs?: number | undefined;
}

/** The tokens for a task's jobs that run at the same time. */
export function concurrencyTokens(task: string, limit: Limit | undefined): TokenLimit | undefined {
  return limit?.concurrency === undefined ? undefined : { name: `slots.${task}`, count: limit.concurrency };
}

/** The tokens for a task's jobs that are begun. Another `per` has other queues: their time to live is fixed when they are made. */
export function rateTokens(task: string, limit: Limit | undefined): TokenLimit | undefined {
  if (limit?.rate === undefined) return undefined;
  const { count, per } = limit.rate;
  return { name: `rates.${task}.${per}`, count, restMs: per };
}

/** Where a limit's free tokens lie. */
export function tokenQueue(limit: string): `heddle.tokens.${string}` {
  return `heddle.tokens.${limit}`;
}

/** Where each of a limit's tokens has an entry, whoever holds it. */
export function ledgerQueue(limit: string): `heddle.ledger.${string}` {
  return `heddle.ledger.${limit}`;
}

/** Routing keys on `heddle.tokens`: a token that comes back, a new token with its entry, and what is for the ledger only. */
export const tokenKeys = (limit: string) =>
  ({ back: limit, issue: `${limit}.issue`, ledger: `${limit}.ledger` }) as const;

/** Name of the exchange and the queue where tokens rest that were spent. */
export function restName(restMs: number): `heddle.rest.${number}` {
  return `heddle.rest.${restMs}`;
}

export const tokenMessageSchema = z.discriminatedUnion('type', [
  /** A token; and, in the ledger, its entry. */
  z.object({ type: z.literal('token') }),
  /** A worker has started: there should be so many tokens. `ifNone`: only if there is none at all. */
  z.object({
    type: z.literal('wanted'),
    count: z.int().min(1),
    ifNone: z.boolean(),
    by: z.string().max(200),
  }),
  /** Comes back to the one that put it there, behind all entries of those before it. */
  z.object({ type: z.literal('mark'), by: z.string().max(200) }),
]);
export type TokenMessage = z.infer<typeof tokenMessageSchema>;

export function encodeToken(message: TokenMessage): WireMessage<'token'> {
  return {
    kind: 'token',
    body: Buffer.from(JSON.stringify(message)),
    properties: { contentType: 'application/json', type: 'token' },
  };
}

export function decodeToken(message: ReceivedMessage): Decoded<TokenMessage> {
  const json = parseJson(message.body);
  if (!json.ok) return json;
  const parsed = tokenMessageSchema.safeParse(json.value);
  if (!parsed.success) return { ok: false, reason: describeIssues(issuesOf(parsed.error, 'token')) };
  return { ok: true, value: parsed.data };
}
