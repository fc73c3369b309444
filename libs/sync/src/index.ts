export type { AcquireOptions } from './leases/acquire-options.ts';
export type { Lease } from './leases/lease.ts';
export type { LeaseOptions } from './leases/token-queue.ts';
export { Lock } from './lock.ts';
export { BoundedSemaphore, Semaphore } from './semaphore.ts';
export type { LedgerEntry } from './session/ledger.ts';
export { SyncSession, type SyncSessionOptions } from './session/sync-session.ts';
