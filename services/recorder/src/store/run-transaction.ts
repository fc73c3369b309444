import { WriteConflict } from './database-error.ts';
import type { Database, Tx } from './schema.ts';

const MAX_RUNS = 5;
// PostgreSQL: serialization failure, deadlock.
const CONFLICTS = new Set(['40001', '40P01']);

/** Runs a transaction, and again when another recorder was in its way; after the fifth time the conflict is thrown. */
export async function runTransaction<T>(db: Database, work: (tx: Tx) => Promise<T>): Promise<T> {
  for (let run = 1; ; run++) {
    try {
      return await db.transaction().execute(work);
    } catch (error) {
      if (run === MAX_RUNS || !isConflict(error)) throw error;
    }
  }
}

function isConflict(error: unknown): boolean {
  return error instanceof WriteConflict || CONFLICTS.has(String((error as { code?: unknown }).code));
}
