/** Another recorder made a row between our reading and our writing. The transaction is to be run again. */
export class WriteConflict extends Error {
  override readonly name = 'WriteConflict';
  constructor() {
    super('another recorder has written a row in the meantime');
  }
}

// The result codes of SQLite that blame the data: TOOBIG, CONSTRAINT, MISMATCH, RANGE.
const SQLITE_TOOBIG = 18;
const SQLITE_DATA = new Set([SQLITE_TOOBIG, 19, 20, 25]);
// The classes of PostgreSQL's SQLSTATE that blame the data: data exception, integrity violation, limit exceeded.
const POSTGRES_DATA = new Set(['22', '23', '54']);

/** Whether the database refuses a value as such, such as text with a NUL character: no state of the database changes that. */
export function refusesValue(error: unknown): boolean {
  const { code, errcode } = Object(error) as { code?: unknown; errcode?: unknown };
  if (typeof errcode === 'number') return (errcode & 0xff) === SQLITE_TOOBIG;
  return typeof code === 'string' && code.length === 5 && code.startsWith('22');
}

/**
 * Whether the database refuses what it was given, so that giving it again is in vain. Anything else (locked, full, away,
 * a schema that is not ours) is the database's own trouble, and passes or needs a person: events wait for it.
 */
export function blamesData(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  // JSON nested so deep that it can be parsed and not written.
  if (error instanceof RangeError) return true;
  const { code, errcode } = error as { code?: unknown; errcode?: unknown };
  // The driver's check of a value.
  if (error instanceof TypeError) return code === 'ERR_INVALID_ARG_TYPE';
  if (typeof errcode === 'number') return SQLITE_DATA.has(errcode & 0xff);
  return typeof code === 'string' && code.length === 5 && POSTGRES_DATA.has(code.slice(0, 2));
}
