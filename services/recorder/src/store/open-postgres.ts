import { type Dialect, PostgresDialect } from 'kysely';
import pg from 'pg';

const BIGINT_OID = 20;
const POOL_SIZE = 8;
const CONNECT_TIMEOUT_MS = 5_000;
const KEEP_ALIVE_AFTER_MS = 10_000;

/** A pool of connections to PostgreSQL. `onError` hears of connections that break. */
export function openPostgres(url: string, onError: (error: Error) => void): Dialect {
  const pool = new pg.Pool({
    connectionString: url,
    max: POOL_SIZE,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    application_name: 'heddle-recorder',
    keepAlive: true,
    // A server that has gone without a word is given up after some 20 seconds; by default the first probe comes after hours.
    keepAliveInitialDelayMillis: KEEP_ALIVE_AFTER_MS,
    types: { getTypeParser },
  });
  pool.on('error', onError);
  // The pool listens to idle connections only: one that breaks in use would end the process, beside failing its query.
  pool.on('connect', (client) => client.on('error', onError));
  return new PostgresDialect({ pool });
}

/** Our bigints are times and counts, which fit into a number. */
function getTypeParser(oid: number, format?: 'text' | 'binary'): (value: string) => unknown {
  if (oid === BIGINT_OID) return Number;
  return pg.types.getTypeParser(oid, format) as (value: string) => unknown;
}
