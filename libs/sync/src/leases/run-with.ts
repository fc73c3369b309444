import type { Lease } from './lease.ts';

/** What can be lost and is released in the end. */
type Held = Pick<Lease, 'signal' | typeof Symbol.asyncDispose>;

/** Runs `fn` with a lease and releases it. Rejects with the loss of the lease if that came first. */
export async function runWith<L extends Held, T>(lease: L, fn: (lease: L) => Promise<T> | T): Promise<T> {
  try {
    const result = await fn(lease);
    lease.signal.throwIfAborted();
    return result;
  } finally {
    await lease[Symbol.asyncDispose]();
  }
}
