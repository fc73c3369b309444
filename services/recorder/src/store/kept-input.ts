import type { Tx } from './schema.ts';

/** The output under which a worker keeps the input of a job that may be replayed and whose row does not have it. */
const KEPT_INPUT = '$input';

/** Outputs that people are not shown. */
export function isHidden(name: string): boolean {
  return name.startsWith('$');
}

/** The newest input that a worker has kept of a job. */
export async function findKeptInput(
  tx: Tx,
  jobId: string,
): Promise<{ type: string; body: Buffer } | undefined> {
  const kept = await tx
    .selectFrom('outputs')
    .select(['type', 'body'])
    .where('job_id', '=', jobId)
    .where('name', '=', KEPT_INPUT)
    .orderBy('stored_at', 'desc')
    .limit(1)
    .executeTakeFirst();
  return kept && { type: kept.type, body: Buffer.from(kept.body) };
}
