import { randomUUID } from 'node:crypto';
import { DatabaseSync } from '@photostructure/sqlite';

/** Accounts in a loop of one process: each deposit is a transaction of its own, on a database that is as durable as the recorder's. */
export class BareLedger {
  readonly #database: InstanceType<typeof DatabaseSync>;
  readonly #deposit: (account: string, amount: number) => void;

  constructor(file: string) {
    const database = new DatabaseSync(file);
    database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL');
    database.exec('CREATE TABLE accounts (account TEXT PRIMARY KEY, version INTEGER, balance INTEGER)');
    database.exec('CREATE TABLE effects (id TEXT PRIMARY KEY, account TEXT, balance INTEGER)');
    const read = database.prepare('SELECT version, balance FROM accounts WHERE account = ?');
    const write = database.prepare('INSERT OR REPLACE INTO accounts VALUES (?, ?, ?)');
    const note = database.prepare('INSERT INTO effects VALUES (?, ?, ?)');
    this.#deposit = (account, amount) => {
      const row = read.get(account) as { version: number; balance: number } | undefined;
      const balance = (row?.balance ?? 0) + amount;
      write.run(account, (row?.version ?? 0) + 1, balance);
      note.run(randomUUID(), account, balance);
    };
    this.#database = database;
  }

  depositAll(accounts: readonly string[]): void {
    for (const account of accounts) {
      this.#database.exec('BEGIN IMMEDIATE');
      this.#deposit(account, 1);
      this.#database.exec('COMMIT');
    }
  }

  close(): void {
    this.#database.close();
  }
}
