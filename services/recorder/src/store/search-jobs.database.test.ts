import { type JobEvent, type JobFilter, jobStates } from '@heddle/contracts';
import { describe, expect, test } from 'vitest';
import { accepted, failed, itemsOf, started, succeeded } from '../../test/job-events.ts';
import { databaseKinds, setUpStore } from '../../test/open-test-store.ts';
import type { Store } from './open-database.ts';
import type { BatchWriter } from './record-batch.ts';
import { searchJobs } from './search-jobs.ts';

interface Known {
  readonly id: string;
  readonly acceptedAt: number;
  readonly task: string;
  readonly tags: string[];
  readonly state: string;
  readonly error: string | undefined;
}

const TAGS = ['a', 'b', 'c'];
const ERRORS = ['task_failed', 'image_corrupt'];

/** Jobs of every mixture, three at a time accepted in the same millisecond. */
function makeJobs(): { known: Known[]; events: JobEvent[] } {
  const known: Known[] = [];
  const events: JobEvent[] = [];
  for (let n = 0; n < 120; n++) {
    const id = `job-${(n * 7919) % 1_000}`;
    const at = 1_000 + Math.floor(n / 3);
    const task = n % 2 === 0 ? 'debug.echo' : 'mail.send';
    const tags = TAGS.filter((_, bit) => (n >> bit) % 2 === 1);
    const code = n % 5 < 2 ? ERRORS[n % 5] : undefined;
    const state = code ? 'failed' : n % 5 === 2 ? 'succeeded' : n % 5 === 3 ? 'running' : 'queued';
    events.push(accepted(id, { at, task, tags }));
    if (code) events.push(failed(id, code, { task, at: at + 10 }));
    if (state === 'succeeded') events.push(succeeded(id, { task, at: at + 10 }));
    if (state === 'running') events.push(started(id, { task, at: at + 5 }));
    known.push({ id, acceptedAt: at, task, tags, state, error: code });
  }
  return { known, events };
}

/** All the combinations of having and not having each filter. */
function everyFilter(): JobFilter[] {
  const choices: JobFilter[][] = [
    [{}, { task: 'mail.send' }],
    [{}, { state: 'failed' }, { state: 'queued' }],
    [{}, { tag: 'b' }],
    [{}, { error: 'task_failed' }],
    [{}, { since: 1_010 }],
    [{}, { until: 1_030 }],
  ];
  return choices.reduce<JobFilter[]>(
    (filters, some) => filters.flatMap((filter) => some.map((more) => ({ ...filter, ...more }))),
    [{}],
  );
}

function matches(job: Known, filter: JobFilter): boolean {
  return (
    (filter.task === undefined || job.task === filter.task) &&
    (filter.state === undefined || job.state === filter.state) &&
    (filter.tag === undefined || job.tags.includes(filter.tag)) &&
    (filter.error === undefined || job.error === filter.error) &&
    (filter.since === undefined || job.acceptedAt >= filter.since) &&
    (filter.until === undefined || job.acceptedAt < filter.until)
  );
}

const newestFirst = (a: Known, b: Known) => b.acceptedAt - a.acceptedAt || (a.id < b.id ? 1 : -1);

describe.each(databaseKinds)('search on %s', (kind) => {
  let store: Store;
  let writer: BatchWriter;
  const { known, events } = makeJobs();
  setUpStore(kind, async (opened) => {
    ({ store, writer } = opened);
    await record(...events);
  });
  const record = (...some: JobEvent[]) => writer.write(itemsOf(some));

  async function readAll(filter: JobFilter, limit: number): Promise<string[]> {
    const ids: string[] = [];
    let cursor: string | undefined;
    do {
      const page = await searchJobs(store.db, { filter, limit, cursor });
      expect(page.jobs.length).toBeLessThanOrEqual(limit);
      ids.push(...page.jobs.map((job) => job.id));
      cursor = page.next ?? undefined;
    } while (cursor !== undefined);
    return ids;
  }

  test('finds what every combination of filters asks for, newest first, page by page', async () => {
    for (const filter of everyFilter()) {
      const expected = known.filter((job) => matches(job, filter)).toSorted(newestFirst);
      expect(await readAll(filter, 7), JSON.stringify(filter)).toEqual(expected.map((job) => job.id));
    }
  });

  test('finds each state', async () => {
    for (const state of jobStates) {
      const expected = known.filter((job) => job.state === state).length;
      expect((await readAll({ state }, 200)).length, state).toBe(expected);
    }
  });

  test('gives the rest of the pages unchanged while new jobs arrive and old ones move on', async () => {
    const filter = { task: 'debug.echo' };
    const before = await readAll(filter, 200);
    const first = await searchJobs(store.db, { filter, limit: 10 });
    await record(
      ...Array.from({ length: 20 }, (_, n) => accepted(`new-${n}`, { at: 5_000 + n })),
      ...before.slice(0, 30).map((id) => succeeded(id, { generation: 1 })),
    );
    const rest: string[] = [];
    for (let cursor = first.next; cursor !== null; ) {
      const page = await searchJobs(store.db, { filter, limit: 10, cursor });
      rest.push(...page.jobs.map((job) => job.id));
      cursor = page.next;
    }
    expect([...first.jobs.map((job) => job.id), ...rest]).toEqual(before);
  });

  test('ends a page early when its jobs are large, and goes on from there', async () => {
    const input = 'x'.repeat(200_000);
    await record(
      ...Array.from({ length: 60 }, (_, n) =>
        accepted(`large-${n}`, { at: 9_000 + n, tags: ['large'], input }),
      ),
    );
    const first = await searchJobs(store.db, { filter: { tag: 'large' }, limit: 60 });
    expect(first.jobs.length).toBeLessThan(60);
    expect(await readAll({ tag: 'large' }, 60)).toHaveLength(60);
  });

  test('refuses cursors that it has not given', async () => {
    for (const cursor of [
      'x',
      Buffer.from('[1]').toString('base64url'),
      Buffer.from('["a",1]').toString('base64url'),
    ]) {
      const search = searchJobs(store.db, { filter: {}, limit: 1, cursor });
      await expect(search).rejects.toMatchObject({ code: 'invalid_cursor' });
    }
  });
});
