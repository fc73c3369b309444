import type { Lease } from './lease.ts';

/** Runs `fn` with a lease and releases it. Rejects with the loss of the lease if that came first. */
export async function runWith<T>(lease: Lease, fn: (lease: Lease) => Promise<T> | T): Promise<T> {
  try {
    const result = await fn(lease);
    lease.signal.throwIfAborted();
    return result;
  } finally {
    await lease[Symbol.asyncDispose]();
  }
}
