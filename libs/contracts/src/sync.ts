import { z } from 'zod';
import { describeIssues, issuesOf } from './error.ts';
import { type Decoded, parseJson, type ReceivedMessage, type WireMessage } from './message.ts';

/** The kinds of named objects that live on the broker alone. */
export const syncKinds = ['lock', 'rlock', 'semaphore', 'bounded-semaphore', 'event', 'queue'] as const;
export type SyncKind = (typeof syncKinds)[number];

/** What an object may be called: 1 to 100 letters, digits, `.`, `_`, `:` or `-`. */
export const SYNC_NAME = /^[\w.:-]{1,100}$/;

/** An object's key on `heddle.sync`, and the end of the names of what belongs to it. */
export type SyncObject = `${SyncKind}.${string}`;

/** How many permits a semaphore may have. */
export const MAX_PERMITS = 2_000;

/** The names of what belongs to an object. */
export const syncNames = {
  tokens: (object: SyncObject) => `heddle.sync.tokens.${object}` as const,
  items: (object: SyncObject) => `heddle.sync.items.${object}` as const,
  changes: (object: SyncObject) => `heddle.sync.changes.${object}` as const,
  seeding: (object: SyncObject) => `heddle.sync.seeding.${object}` as const,
  seeded: (object: SyncObject) => `heddle.sync.seeded.${object}` as const,
  /** Not an exchange: a name that says how many tokens there are. */
  permits: (count: number | '<count>') => `heddle.sync.permits.${count}` as const,
};

const tokenSchema = z.object({ base: z.int().min(0), permits: z.int().min(1).exactOptional() });

/**
 * A token: whoever holds its delivery holds the lock. Its fence is `base` and the number of its hand-overs.
 *
 * `base` is the time of its making in microseconds, so that the fences of an object that was deleted and made anew go on
 * growing: a hand-over takes longer than that. The tokens of a semaphore lie 2^40 apart, further than one is ever handed
 * over. All stay below 2^53 until the year 2100.
 *
 * `permits`, of those that were there from the start, is how many these were: for who may not compare it with the object's mark.
 */
export type LockToken = z.infer<typeof tokenSchema>;

const APART = 2 ** 40;

/** Places for tokens: up to `MAX_PERMITS` for those from the beginning, beyond for those that are added. */
export const MAX_TOKEN_PLACES = 4_400;

/** The token at a place; `now` in milliseconds since the epoch. */
export function newLockToken(index: number, now: number): LockToken {
  return { base: now * 1_000 + index * APART };
}

/** What the messages of an object lie in. */
export type SyncStore = 'tokens' | 'items' | 'changes';

/** What an object begins with. */
export interface SyncSeed {
  readonly object: SyncObject;
  readonly store: SyncStore;
  /** How many messages it begins with; another number for the same name is refused. */
  readonly count: number;
  /** One of them. */
  readonly message: (index: number) => WireMessage<'sync'>;
  /** Whether its mark leads to it too, for users who may declare nothing. Default false. */
  readonly beforehand?: boolean;
}

/** What an object of its kind begins with; `permits` are those of a semaphore. */
export function seedOf(object: SyncObject, permits = 1): SyncSeed {
  const store = storeOf(object);
  switch (store) {
    case 'items':
      return { object, store, count: 0, message: () => toSyncMessage(Buffer.from('null')) };
    case 'changes':
      return { object, store, count: 1, message: () => toSyncMessage(Buffer.from('{"set":false}')) };
    case 'tokens':
      return {
        object,
        store,
        count: permits,
        message: (index) => encodeLockToken({ ...newLockToken(index, Date.now()), permits }),
      };
  }
}

export function storeOf(object: SyncObject): SyncStore {
  if (object.startsWith('queue.')) return 'items';
  return object.startsWith('event.') ? 'changes' : 'tokens';
}

export function encodeLockToken(token: LockToken): WireMessage<'sync'> {
  return toSyncMessage(Buffer.from(JSON.stringify(token)));
}

export function decodeLockToken(message: ReceivedMessage): Decoded<LockToken> {
  const json = parseJson(message.body);
  if (!json.ok) return json;
  const parsed = tokenSchema.safeParse(json.value);
  if (!parsed.success) return { ok: false, reason: describeIssues(issuesOf(parsed.error, 'token')) };
  return { ok: true, value: parsed.data };
}

/** How often a token was handed over, as the broker counts: 3.10 to 4.2 in one header, 4.3 in another. */
export function handOversOf({ properties }: ReceivedMessage): number {
  const count = (name: string): number => {
    const value = properties.headers?.[name];
    return typeof value === 'number' ? value : 0;
  };
  return Math.max(count('x-delivery-count'), count('x-acquired-count'));
}

/** Grows with each hand-over of the token; no two leases of an object have the same. */
export function fenceOf(token: LockToken, handOvers: number): number {
  return token.base + handOvers;
}

/** The message of an item or a change: JSON. */
export function toSyncMessage(body: Buffer, messageId?: string): WireMessage<'sync'> {
  return { kind: 'sync', body, properties: { contentType: 'application/json', type: 'sync', messageId } };
}
