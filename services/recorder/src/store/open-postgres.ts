import { type Dialect, PostgresDialect, type PostgresPoolClient } from 'kysely';
import pg from 'pg';

const BIGINT_OID = 20;
const POOL_SIZE = 8;
const CONNECT_TIMEOUT_MS = 5_000;
const KEEP_ALIVE_AFTER_MS = 10_000;

/** How long anything waits for the server, in milliseconds; 0: for ever. */
export interface PostgresPatience {
  /** The server gives a statement up, its waiting for locks included. Our own take some milliseconds. */
  readonly statementMs: number;
  /** The server ends a session whose transaction does nothing for so long: its process stands still, and others wait for its locks. */
  readonly idleTransactionMs: number;
  /** A server that has not said anything until then is given up, with the connection. Longer than `statementMs`. */
  readonly answerMs: number;
}

const PATIENCE: PostgresPatience = { statementMs: 30_000, idleTransactionMs: 60_000, answerMs: 40_000 };
/** For migrations and moves: they take as long as there is data. */
export const ENDLESS_PATIENCE: PostgresPatience = { statementMs: 0, idleTransactionMs: 0, answerMs: 0 };

/** A pool of connections to PostgreSQL. `onError` hears of connections that break. */
export function openPostgres(
  url: string,
  onError: (error: Error) => void,
  patience: PostgresPatience = PATIENCE,
): Dialect {
  // The pool awaits what it gives, which its type does not say.
  const onConnect: (client: pg.ClientBase) => unknown = (client) =>
    setTimeouts(limitAnswers(client, patience.answerMs), patience);
  const pool = new pg.Pool({
    connectionString: url,
    max: POOL_SIZE,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    application_name: 'heddle-recorder',
    keepAlive: true,
    // An idle connection to a server that has gone without a word is given up after some 20 seconds; by default the first probe comes after hours.
    keepAliveInitialDelayMillis: KEEP_ALIVE_AFTER_MS,
    types: { getTypeParser },
    onConnect,
  });
  pool.on('error', onError);
  // The pool listens to idle connections only: one that breaks in use would end the process, beside failing its query.
  pool.on('connect', (client) => client.on('error', onError));
  const limited = new WeakMap<pg.PoolClient, PostgresPoolClient>();
  return new PostgresDialect({
    pool: {
      async connect() {
        const client = await pool.connect();
        let known = limited.get(client);
        if (!known) {
          const query = limitAnswers(client, patience.answerMs);
          known = { query: query as PostgresPoolClient['query'], release: () => client.release() };
          limited.set(client, known);
        }
        return known;
      },
      end: () => pool.end(),
    },
  });
}

/** Not as parameters of the connection, which a pooler such as PgBouncer refuses. */
async function setTimeouts(
  query: Query,
  { statementMs, idleTransactionMs }: PostgresPatience,
): Promise<void> {
  await query(
    `set statement_timeout = ${statementMs}; set idle_in_transaction_session_timeout = ${idleTransactionMs}`,
  );
}

type Query = (text: string, values?: unknown[]) => Promise<unknown>;

/** What comes after an unanswered query would wait behind it: the connection ends with it. */
function limitAnswers(client: pg.ClientBase, answerMs: number): Query {
  // Ends the socket at once while a query is unanswered, which rejects that.
  const end = () => void (client as pg.Client).end().catch(() => undefined);
  const query = async (text: string, values?: unknown[]): Promise<unknown> => {
    if (answerMs === 0) return await client.query(text, values);
    let isTooLate = false;
    const timer = setTimeout(() => {
      isTooLate = true;
      end();
    }, answerMs);
    try {
      return await client.query(text, values);
    } catch (error) {
      if (!isTooLate) throw error;
      throw new Error(`the database has not answered within ${answerMs} ms`, { cause: error });
    } finally {
      clearTimeout(timer);
    }
  };
  const rollBack = async (): Promise<unknown> => {
    try {
      return await query('rollback');
    } catch {
      // With its connection the transaction has ended. To say so would hide what ended the connection.
      end();
      return { command: 'ROLLBACK', rowCount: 0, rows: [] };
    }
  };
  return (text, values) => (text === 'rollback' ? rollBack() : query(text, values));
}

/** Our bigints are times and counts, which fit into a number. */
function getTypeParser(oid: number, format?: 'text' | 'binary'): (value: string) => unknown {
  if (oid === BIGINT_OID) return Number;
  return pg.types.getTypeParser(oid, format) as (value: string) => unknown;
}
