/** Another recorder made a row between our reading and our writing. The transaction is to be run again. */
export class WriteConflict extends Error {
  override readonly name = 'WriteConflict';
  constructor() {
    super('another recorder has written a row in the meantime');
  }
}

/** An event of `webhook.deliver` that means a job of another task: whoever may tell of webhooks may not tell of other jobs. */
export class ForeignEvent extends Error {
  override readonly name = 'ForeignEvent';
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
  if (error instanceof ForeignEvent) return true;
  // JSON nested so deep that it can be parsed and not written.
  if (error instanceof RangeError) return true;
  const { code, errcode } = error as { code?: unknown; errcode?: unknown };
  // The driver's check of a value.
  if (error instanceof TypeError) return code === 'ERR_INVALID_ARG_TYPE';
  if (typeof errcode === 'number') return SQLITE_DATA.has(errcode & 0xff);
  return typeof code === 'string' && code.length === 5 && POSTGRES_DATA.has(code.slice(0, 2));
}

// The result codes of SQLite that say that it cannot work now: BUSY, LOCKED, NOMEM, READONLY, IOERR, CORRUPT, FULL, CANTOPEN, PROTOCOL.
const SQLITE_TROUBLE = new Set([5, 6, 7, 8, 10, 11, 13, 14, 15]);
// PostgreSQL's classes: connection, transaction state (read-only, idle too long), resources, prerequisites, operator, system.
const POSTGRES_TROUBLE = new Set(['08', '25', '53', '55', '57', '58']);
/** Of errors of the driver that have no code. */
const CONNECTION_TROUBLE =
  /^(Connection terminated|Client (has encountered|was closed)|timeout exceeded when trying to connect|the database has not answered)/;
const SYSTEM_ERROR = /^E(?!RR_)[A-Z_]+$/;

/** Whether the database cannot do anything at all now: whatever it is given fails as this did. */
export function isTrouble(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const { code, errcode } = error as { code?: unknown; errcode?: unknown };
  if (typeof errcode === 'number') return SQLITE_TROUBLE.has(errcode & 0xff);
  if (typeof code !== 'string') return CONNECTION_TROUBLE.test(error.message);
  return SYSTEM_ERROR.test(code) || (code.length === 5 && POSTGRES_TROUBLE.has(code.slice(0, 2)));
}
