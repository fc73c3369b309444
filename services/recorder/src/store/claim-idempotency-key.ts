import { HeddleError } from '@heddle/contracts';
import type { Tx } from './schema.ts';

export interface IdempotencyClaim {
  readonly key: string;
  /** SHA-256 of what was asked, in hex. */
  readonly fingerprint: string;
  /** Of the job or batch that is to have the key. */
  readonly id: string;
  readonly at: number;
}

/**
 * The id of the job or batch that has the key already; undefined if it is now this one's. Throws
 * `idempotency_key_reused` when the key came with another payload.
 */
export async function claimIdempotencyKey(
  tx: Tx,
  { key, fingerprint, id, at }: IdempotencyClaim,
): Promise<string | undefined> {
  const { numInsertedOrUpdatedRows } = await tx
    .insertInto('idempotency_keys')
    .values({ key, fingerprint, job_id: id, created_at: at })
    .onConflict((conflict) => conflict.column('key').doNothing())
    .executeTakeFirstOrThrow();
  if (numInsertedOrUpdatedRows === 1n) return undefined;
  const known = await tx
    .selectFrom('idempotency_keys')
    .select(['fingerprint', 'job_id'])
    .where('key', '=', key)
    .executeTakeFirstOrThrow();
  if (known.fingerprint !== fingerprint) {
    throw new HeddleError(
      'idempotency_key_reused',
      `the key "${key}" belongs to ${known.job_id}, which was submitted with another payload`,
    );
  }
  return known.job_id;
}
