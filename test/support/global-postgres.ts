import { startPostgres } from '../../scripts/postgres/start-postgres.mjs';

/** One server for all test files of a run, unless whoever started the run brought one. */
export async function setup(): Promise<(() => Promise<void>) | undefined> {
  if (process.env['HEDDLE_TEST_POSTGRES']) return undefined;
  const server = await startPostgres();
  process.env['HEDDLE_TEST_POSTGRES'] = server.url;
  return async () => {
    // Files share their process: the next one must not look for a server that has gone.
    delete process.env['HEDDLE_TEST_POSTGRES'];
    await server.stop();
  };
}
