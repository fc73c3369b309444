import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import { BatchWriter } from '../src/store/record-batch.ts';
import type { Database } from '../src/store/schema.ts';
import { readEpoch } from '../src/store/stream-epoch.ts';
import { accepted, itemsOf, started, succeeded } from './job-events.ts';
import type { TestDatabase } from './open-test-store.ts';

/** Jobs in several states with outputs, tags, odd text; more than one piece of them. */
export async function fillDatabase(database: TestDatabase): Promise<void> {
  const store = await database.open();
  await readEpoch(store.db);
  const writer = new BatchWriter(store);
  const events = Array.from({ length: 1_200 }, (_, index) => {
    const id = randomUUID();
    const input = { index, odd: "ä€😀 ' \\ \n", deep: [[null, 1.5e-7]] };
    return [
      accepted(id, { input, tags: [`n${index % 7}`, 'all'] }),
      ...(index % 2 ? [started(id, {})] : []),
      ...(index % 3 ? [succeeded(id, { result: { index } })] : []),
    ];
  }).flat();
  await writer.write(itemsOf(events));
  await store.db
    .insertInto('outputs')
    .values(
      Array.from({ length: 3 }, (_, index) => ({
        job_id: randomUUID(),
        run: 'run-1',
        name: '128.png',
        sha256: 'aa',
        type: 'image/png',
        body: Buffer.alloc(1_000_000, index),
        stored_at: 1_700_000_000_000 + index,
      })),
    )
    .execute();
  await store.db.destroy();
}

/** Every row of a table as text, sorted; not what a move notes of itself. */
export async function readAllRows(db: Database, table: string): Promise<string[]> {
  const { rows } = await sql<Record<string, unknown>>`select * from ${sql.table(table)}`.execute(db);
  return rows
    .filter(({ name }) => !String(name).startsWith('move-'))
    .map((row) =>
      JSON.stringify(
        Object.keys(row)
          .toSorted()
          .map((key) => [key, asText(row[key])]),
      ),
    )
    .toSorted();
}

function asText(value: unknown): unknown {
  return value instanceof Uint8Array ? Buffer.from(value).toString('base64') : value;
}
