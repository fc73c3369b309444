import { createDatabase } from './postgres.ts';

/** What the recorders of one stack keep their data in. */
export interface StackDatabase {
  /** `DATABASE_URL`, or nothing: then it is SQLite in `HEDDLE_DATA`. */
  readonly env: { readonly DATABASE_URL?: string };
  /** Several recorders may share it. */
  readonly shared: boolean;
  drop(): Promise<void>;
}

export const embeddedDatabase: StackDatabase = { env: {}, shared: false, drop: async () => {} };

/** SQLite, or a PostgreSQL database of its own if `HEDDLE_TEST_DATABASE` says `postgres`, as some runs of `npm run test:matrix` do. */
export async function createStackDatabase(): Promise<StackDatabase> {
  if (process.env['HEDDLE_TEST_DATABASE'] !== 'postgres') return embeddedDatabase;
  const { url, drop } = await createDatabase();
  return { env: { DATABASE_URL: url }, shared: true, drop };
}
