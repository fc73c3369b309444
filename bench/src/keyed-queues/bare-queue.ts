import { DatabaseSync } from '@photostructure/sqlite';

/** The orders in which items are taken, as a query says them. */
const orders = { fifo: 'seq', lifo: 'seq desc', priority: 'rank, seq' };
export type BareOrder = keyof typeof orders;

/** A queue in a table, as one process alone would have it: each put, get and end of an item is a transaction of its own. */
export class BareQueue {
  readonly #database: InstanceType<typeof DatabaseSync>;
  readonly #put;
  readonly #take;
  readonly #end;

  constructor(path: string, order: BareOrder) {
    this.#database = new DatabaseSync(path);
    this.#database.exec(`
      pragma journal_mode = wal;
      pragma synchronous = full;
      create table items (seq integer primary key, rank integer not null, value text not null, taken integer not null);
      create index in_line on items (${orders[order]}) where taken = 0;
    `);
    this.#put = this.#database.prepare('insert into items (rank, value, taken) values (?, ?, 0)');
    this.#take = this.#database.prepare(
      `update items set taken = 1 where seq = (select seq from items where taken = 0 order by ${orders[order]} limit 1)
       returning seq, value`,
    );
    this.#end = this.#database.prepare('delete from items where seq = ?');
  }

  /** Puts so many items in, and takes each out and ends it. */
  passAll(count: number): void {
    for (let n = 0; n < count; n += 1) this.#put.run(n % 10, JSON.stringify([n % 10, { n }]));
    for (let n = 0; n < count; n += 1) {
      const { seq, value } = this.#take.get() as { seq: number; value: string };
      JSON.parse(value);
      this.#end.run(seq);
    }
  }

  close(): void {
    this.#database.close();
  }
}
