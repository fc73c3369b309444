import { z } from 'zod';

/** The kinds of named objects whose state the recorder keeps: what the broker cannot say exactly. */
export const keyedKinds = ['fifo-queue', 'lifo-queue', 'priority-queue', 'condition', 'barrier'] as const;
export type KeyedKind = (typeof keyedKinds)[number];
/** Such an object, among all. */
export type KeyedObject = `${KeyedKind}.${string}`;

/** How many parties a barrier may have, and how many items a queue may be bounded to. */
export const MAX_PARTIES = 10_000;
export const MAX_QUEUE_SIZE = 1_000_000;
/** Characters of the text by which an item of a priority queue is sorted. */
export const MAX_RANK = 2_000;

const objectSchema = z
  .string()
  .regex(new RegExp(`^(?:${keyedKinds.join('|')})\\.[\\w.:-]{1,100}$`))
  .transform((text) => text as KeyedObject);
const anyObjectSchema = z.string().regex(/^[a-z-]+\.[\w.:-]{1,100}$/);
/** Names one demand for good: demanded again under it, the same thing is not done twice. */
const ticketSchema = z.string().min(1).max(64);
const takenSchema = z.object({ item: ticketSchema, ticket: ticketSchema });
const queue = { object: objectSchema, maxsize: z.int().min(0).max(MAX_QUEUE_SIZE) };
const barrier = { object: objectSchema, parties: z.int().min(1).max(MAX_PARTIES) };

/** The ticket has waited already: if it waits no more, its process was taken for dead, and what happened since is unknown. */
const known = z.boolean().exactOptional();

/** What a process asks of a keyed object. With `wait`, what cannot be done now is done when it can, and then said. */
export const syncDemandSchema = z.discriminatedUnion('is', [
  z.object({
    is: z.literal('put'),
    ...queue,
    ticket: ticketSchema,
    value: z.unknown(),
    /** Lower ones first, compared as bytes; empty but in priority queues. */
    rank: z.string().max(MAX_RANK),
    wait: z.boolean(),
  }),
  z.object({ is: z.literal('get'), ...queue, ticket: ticketSchema, wait: z.boolean() }),
  /** These items are done with. */
  z.object({
    is: z.literal('done'),
    ...queue,
    ticket: ticketSchema,
    taken: z.array(takenSchema).min(1).max(1_000),
  }),
  /** These items are to be got by somebody else. */
  z.object({
    is: z.literal('give-back'),
    ...queue,
    ticket: ticketSchema,
    taken: z.array(takenSchema).min(1).max(1_000),
  }),
  z.object({ is: z.literal('join'), ...queue, ticket: ticketSchema }),
  z.object({ is: z.literal('size'), ...queue }),
  z.object({ is: z.literal('shut-down'), ...queue, immediate: z.boolean() }),
  /** Forgets the object and everything in it. */
  z.object({ is: z.literal('delete'), object: objectSchema }),
  z.object({ is: z.literal('pass'), ...barrier, ticket: ticketSchema, known }),
  z.object({ is: z.literal('barrier'), ...barrier, change: z.enum(['none', 'abort', 'reset']) }),
  z.object({ is: z.literal('wait'), object: objectSchema, ticket: ticketSchema, known }),
  /** Wakes so many who wait; null: all. */
  z.object({ is: z.literal('notify'), object: objectSchema, count: z.int().min(1).nullable() }),
  /** Ends a wait, unless it has come to its end meanwhile: then that is the answer. */
  z.object({ is: z.literal('cancel'), object: objectSchema, ticket: ticketSchema }),
  /** What a process holds and waits for, for longer than a moment. Ages in milliseconds, because clocks differ. */
  z.object({
    is: z.literal('report'),
    /** Of the session, for people. */
    name: z.string().max(100),
    holding: z
      .array(z.object({ object: anyObjectSchema, fence: z.number(), ageMs: z.int().min(0) }))
      .max(1_000),
    waiting: z
      .array(
        z.object({
          /** Of this wait alone. */
          id: ticketSchema,
          object: anyObjectSchema,
          ageMs: z.int().min(0),
          /** What the code that waits holds meanwhile. */
          holds: z.array(anyObjectSchema).max(100),
        }),
      )
      .max(1_000),
  }),
  /** This process holds nothing and waits for nothing any more. */
  z.object({ is: z.literal('leave') }),
]);
export type SyncDemand = z.infer<typeof syncDemandSchema>;
export type DemandOf<Is extends SyncDemand['is']> = Extract<SyncDemand, { is: Is }>;

/** What has come of it. */
export type SyncOutcome =
  | { readonly is: 'waiting' }
  | { readonly is: 'put' }
  | { readonly is: 'got'; readonly item: string; readonly value: unknown }
  | { readonly is: 'full' }
  | { readonly is: 'empty' }
  | { readonly is: 'shut-down' }
  | { readonly is: 'joined' }
  /** `lost`: items that this process had no more. */
  | { readonly is: 'settled'; readonly lost: readonly string[] }
  /** `ready`: items that nobody has taken; `unfinished`: those and the ones that are not done. */
  | { readonly is: 'size'; readonly ready: number; readonly unfinished: number }
  /** As the how-manieth one came to the barrier, from 0 on. */
  | { readonly is: 'passed'; readonly index: number }
  | { readonly is: 'broken' }
  | { readonly is: 'barrier'; readonly waiting: number; readonly broken: boolean }
  | { readonly is: 'woken' }
  | { readonly is: 'notified'; readonly count: number }
  | { readonly is: 'cancelled' }
  | { readonly is: 'deleted' }
  /** `refused`: waits that are part of a circle and have to end, with the circle in words. */
  | {
      readonly is: 'reported';
      readonly refused: readonly { readonly wait: string; readonly circle: string }[];
    }
  | { readonly is: 'left' };

/** What is held and waited for, by whom, and since when, in milliseconds since the epoch. */
export interface SyncView {
  readonly holders: readonly { object: string; session: string; fence: number; since: number }[];
  readonly waiters: readonly { object: string; session: string; since: number; holds: string[] }[];
}
