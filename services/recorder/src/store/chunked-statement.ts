import type { CompiledQuery } from 'kysely';
import type { Database } from './schema.ts';

/** Rows of the largest chunk. More make SQLite no faster, and PostgreSQL plans a statement of thousands of parameters slowly. */
const LARGEST = 128;

/**
 * A statement over many items, compiled once for each power of two of items; many items go in few statements.
 * The text of the statement stays the same, so it is also prepared only once.
 */
export class ChunkedStatement<Item, Row = never> {
  readonly #compile: (db: Database, count: number) => CompiledQuery<Row>;
  readonly #parameters: (item: Item) => readonly unknown[];
  readonly #compiled = new Map<number, CompiledQuery<Row>>();

  /** `compile` makes the statement for `count` items; its parameters are those of the items, one item after the other. */
  constructor(
    compile: (db: Database, count: number) => CompiledQuery<Row>,
    parameters: (item: Item) => readonly unknown[],
  ) {
    this.#compile = compile;
    this.#parameters = parameters;
  }

  /** Runs it over all items; gives the rows that came back and how many were affected. */
  async run(db: Database, items: readonly Item[]): Promise<{ rows: Row[]; affected: number }> {
    const rows: Row[] = [];
    let affected = 0;
    for (let from = 0; from < items.length; ) {
      const count = Math.min(LARGEST, 2 ** Math.floor(Math.log2(items.length - from)));
      const parameters: unknown[] = [];
      for (let i = from; i < from + count; i++) parameters.push(...this.#parameters(items[i] as Item));
      const result = await db.executeQuery<Row>({ ...this.#statement(db, count), parameters });
      for (const row of result.rows) rows.push(row);
      affected += Number(result.numAffectedRows ?? 0);
      from += count;
    }
    return { rows, affected };
  }

  #statement(db: Database, count: number): CompiledQuery<Row> {
    let statement = this.#compiled.get(count);
    if (!statement) this.#compiled.set(count, (statement = this.#compile(db, count)));
    return statement;
  }
}
