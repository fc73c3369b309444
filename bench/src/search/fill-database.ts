import { DatabaseSync } from '@photostructure/sqlite';

/** What the jobs in the database are like; the searches ask for values from here. */
export const filled = {
  tasks: 20,
  tags: 500,
  errors: 8,
  /** Accepted one after the other, this many milliseconds apart. */
  apartMs: 250,
  newestAt: Date.now(),
} as const;

/**
 * Fills the recorder's database, which it has made and left, with that many jobs: nine of ten succeeded, the others failed,
 * dead or still queued; every job has one of 500 tags. Plain SQL, because a million events would take minutes.
 */
export function fillDatabase(file: string, jobs: number): void {
  const database = new DatabaseSync(file);
  try {
    // Nothing here needs to outlive a power cut.
    database.exec('PRAGMA synchronous = OFF; PRAGMA cache_size = -262144; BEGIN');
    database.prepare(INSERT_JOBS).run(jobs, filled.newestAt, jobs, filled.apartMs);
    database.exec(INSERT_TAGS);
    database.exec(INSERT_COUNTS);
    database.exec('COMMIT; PRAGMA wal_checkpoint(TRUNCATE); ANALYZE');
  } finally {
    database.close();
  }
}

const INSERT_JOBS = `
  WITH RECURSIVE numbers (n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM numbers WHERE n + 1 < ?),
  made AS (
    SELECT n, ? - (? - n) * ? AS at,
      CASE WHEN n % 10 < 9 THEN 'succeeded' WHEN n % 30 = 9 THEN 'failed' WHEN n % 30 = 19 THEN 'dead' ELSE 'queued' END AS state
    FROM numbers
  )
  INSERT INTO jobs (id, task, accepted, accepted_at, priority, tags, state, event, generation, attempt, run, seq, state_at,
    updated_at, error_code, error, attempts, result, input)
  SELECT
    printf('%08x-0000-7000-8000-%012x', n, n), 'bench.task-' || (n * 7 % ${filled.tasks}), NULL, at, 4,
    '["tag-' || (n * 13 % ${filled.tags}) || '"]',
    state, CASE state WHEN 'queued' THEN 'accepted' ELSE state END, 0, 1, 'run', 0, at + 20, at + 20,
    CASE WHEN state IN ('failed', 'dead') THEN 'error_' || (n / 10 % ${filled.errors}) END,
    CASE WHEN state IN ('failed', 'dead') THEN '{"code":"error_' || (n / 10 % ${filled.errors}) || '","message":"made up"}' END,
    NULL,
    CASE state WHEN 'succeeded' THEN '{"number":1,"text":"a sentence, such as small jobs carry"}' END,
    '{"number":1,"text":"a sentence, such as small jobs carry"}'
  FROM made
`;

const INSERT_TAGS = `
  INSERT INTO job_tags (job_id, tag, task, state, error_code, accepted_at)
  SELECT id, json_extract(tags, '$[0]'), task, state, error_code, accepted_at FROM jobs
`;

const INSERT_COUNTS = `
  INSERT INTO job_counts (task, state, shard, jobs) SELECT task, state, 0, count(*) FROM jobs GROUP BY task, state
`;
