import type { KeyState } from '@heddle/contracts';
import { sql } from 'kysely';
import { ChunkedStatement } from './chunked-statement.ts';
import { ENDING_COLUMNS, type EndingRow } from './ended-event.ts';
import type { KeyStateRow } from './key-state-tables.ts';
import type { Store } from './open-database.ts';
import type { Database, Tx } from './schema.ts';

/** What names a row. */
export type StateKey = Pick<KeyStateRow, 'name' | 'key'>;

const statements = new WeakMap<Store, KeyStateRows>();
const FRESH = { version: 0, value: null, has_waiters: 0 } as const;

/** States of many keys, and the jobs that are to change them: few statements for all, each compiled once. */
export class KeyStateRows {
  readonly #store: Store;
  readonly #read: ChunkedStatement<StateKey, KeyStateRow>;
  readonly #lock: ChunkedStatement<StateKey, KeyStateRow>;
  readonly #make: ChunkedStatement<StateKey>;
  readonly #write: ChunkedStatement<KeyStateRow>;
  readonly #jobs: ChunkedStatement<string, EndingRow>;

  private constructor(store: Store) {
    this.#store = store;
    this.#read = new ChunkedStatement(
      (tx, count) => selectOf(tx, count).compile(),
      ({ name, key }) => [name, key],
    );
    // In the order in which commits are grouped, whatever the order of the database's own language is.
    this.#lock = new ChunkedStatement(
      (tx, count) =>
        selectOf(tx, count)
          .$if(store.shared, (query) =>
            query.orderBy(sql`name collate "C"`).orderBy(sql`key collate "C"`).forUpdate(),
          )
          .compile(),
      ({ name, key }) => [name, key],
    );
    this.#make = new ChunkedStatement<StateKey>(
      (tx, count) =>
        tx
          .insertInto('key_states')
          .values(placeholders(count))
          .onConflict((conflict) => conflict.columns(['name', 'key']).doNothing())
          .compile(),
      (row) => parametersOf({ ...row, ...FRESH, updated_at: Date.now() }),
    );
    this.#write = new ChunkedStatement<KeyStateRow>(
      (tx, count) =>
        tx
          .insertInto('key_states')
          .values(placeholders(count))
          .onConflict((conflict) =>
            conflict.columns(['name', 'key']).doUpdateSet((eb) => ({
              version: eb.ref('excluded.version'),
              value: eb.ref('excluded.value'),
              has_waiters: eb.ref('excluded.has_waiters'),
              updated_at: eb.ref('excluded.updated_at'),
            })),
          )
          .compile(),
      parametersOf,
    );
    this.#jobs = new ChunkedStatement(
      (tx, count) =>
        tx
          .selectFrom('jobs')
          .select(ENDING_COLUMNS)
          .where('id', 'in', Array<string>(count).fill(''))
          .$if(store.shared, (query) => query.orderBy('id').forUpdate())
          .compile(),
      (id) => [id],
    );
  }

  static of(store: Store): KeyStateRows {
    let rows = statements.get(store);
    if (!rows) statements.set(store, (rows = new KeyStateRows(store)));
    return rows;
  }

  /** The state of each, in their order; version 0 where there is none. */
  async read(keys: readonly StateKey[]): Promise<KeyState[]> {
    const { rows } = await this.#read.run(this.#store.db, distinct(keys));
    const known = new Map(rows.map((row) => [nameOf(row), row]));
    return keys.map((key) => {
      const { version = 0, value = null } = known.get(nameOf(key)) ?? {};
      return value === null ? { version } : { version, value: JSON.parse(value) as unknown };
    });
  }

  /** The rows of keys, by `nameOf`, locked until the transaction ends. */
  async lock(tx: Tx, keys: readonly StateKey[]): Promise<Map<string, KeyStateRow>> {
    const wanted = distinct(keys);
    const rows = new Map((await this.#lock.run(tx, wanted)).rows.map((row) => [nameOf(row), row]));
    const absent = wanted.filter((key) => !rows.has(nameOf(key)));
    if (absent.length === 0) return rows;
    if (this.#store.shared) {
      await this.#make.run(tx, absent);
      for (const row of (await this.#lock.run(tx, absent)).rows) rows.set(nameOf(row), row);
    } else {
      // Nobody else can make them before this transaction ends, and writing makes those that are to stay.
      const now = Date.now();
      for (const { name, key } of absent)
        rows.set(nameOf({ name, key }), { name, key, ...FRESH, updated_at: now });
    }
    return rows;
  }

  async write(tx: Tx, rows: readonly KeyStateRow[]): Promise<void> {
    await this.#write.run(tx, rows);
  }

  /** What is known of jobs, by their ids; locked in one order, as who records events does. */
  async readJobs(tx: Tx, ids: readonly string[]): Promise<Map<string, EndingRow>> {
    const { rows } = await this.#jobs.run(tx, [...new Set(ids)].sort());
    return new Map(rows.map((row) => [row.id, row]));
  }
}

/** Of a row, in a map. */
export function nameOf({ name, key }: StateKey): string {
  return `${name} ${key}`;
}

function distinct(keys: readonly StateKey[]): StateKey[] {
  return [...new Map(keys.map((key) => [nameOf(key), key])).values()];
}

function selectOf(tx: Database, count: number) {
  return tx
    .selectFrom('key_states')
    .selectAll()
    .where((eb) =>
      eb(
        eb.refTuple('name', 'key'),
        'in',
        Array.from({ length: count }, () => eb.tuple('', '')),
      ),
    );
}

function placeholders(count: number): KeyStateRow[] {
  const row = { name: '', key: '', version: 0, value: '', has_waiters: 0, updated_at: 0 };
  return Array.from({ length: count }, () => row);
}

/** In the order of the placeholders. */
function parametersOf({ name, key, version, value, has_waiters, updated_at }: KeyStateRow): unknown[] {
  return [name, key, version, value, has_waiters, updated_at];
}
