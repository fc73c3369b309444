/** Copies the recorder's embedded database while the recorder works. `npm run back-up -- FILE` at the repository. */
import { existsSync } from 'node:fs';
import { backUp } from './backup/back-up-sqlite.ts';
import { sqliteFile } from './store/open-database.ts';

const usage = `usage: back-up FILE

  Copies the recorder's SQLite database in HEDDLE_DATA (default .heddle) into FILE, which must not be there yet. The recorder
  may go on working. For PostgreSQL use pg_dump.
`;

async function main(target: string | undefined, ...more: string[]): Promise<number> {
  if (target === undefined || target.startsWith('-') || more.length > 0) {
    process.stderr.write(usage);
    return 2;
  }
  if (process.env['DATABASE_URL']) throw new Error('DATABASE_URL is set: expected SQLite; use pg_dump');
  const folder = process.env['HEDDLE_DATA'] || '.heddle';
  const file = sqliteFile(folder);
  if (!existsSync(file))
    throw new Error(`HEDDLE_DATA: expected a folder with recorder.db in it, got ${folder}`);
  const { jobs, bytes } = await backUp(file, target);
  process.stdout.write(`${target}: ${jobs} jobs, ${bytes} bytes\n`);
  return 0;
}

try {
  process.exitCode = await main(...(process.argv.slice(2) as [string | undefined, ...string[]]));
} catch (error) {
  process.stderr.write(`${(error as Error).message}\n`);
  process.exitCode = 1;
}
