import { createHash, randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { type Broker, EventPublisher } from '@heddle/broker';
import { newJobId, RecorderClient } from '@heddle/client';
import { encodeOutputs } from '@heddle/contracts';
import { DatabaseSync } from '@photostructure/sqlite';
import pg from 'pg';
import {
  afterAll,
  afterEach,
  beforeAll,
  beforeEach,
  describe,
  expect,
  onTestFinished,
  test,
  vi,
} from 'vitest';
import { createVhost, type TestVhost } from '../../../test/support/broker.ts';
import { setup as startPostgres } from '../../../test/support/global-postgres.ts';
import { accepted, succeeded } from '../test/job-events.ts';
import { createTestDatabase, type TestDatabase } from '../test/open-test-store.ts';
import { spawnRecorder } from '../test/spawn-recorder.ts';
import { connect, startTestRecorder, type TestRecorder } from '../test/start-test-recorder.ts';
import { announceTasks } from './store/announce-tasks.ts';
import { claimOutgoing } from './store/outbox.ts';

describe('a recorder in trouble', () => {
  let vhost: TestVhost;
  let database: TestDatabase;
  let broker: Broker;
  let events: EventPublisher;
  let client: RecorderClient;
  const recorders: TestRecorder[] = [];

  beforeEach(async () => {
    vhost = await createVhost();
    database = await createTestDatabase('SQLite');
    broker = await connect(vhost, 'client');
    events = new EventPublisher(broker.publisher);
    client = new RecorderClient(broker);
  });
  afterEach(async () => {
    await broker.close();
    await Promise.all(recorders.splice(0).map((recorder) => recorder.stop()));
    await database.remove();
    await vhost.drop();
  });
  const startRecorder = async (retentionMs?: number) => {
    const recorder = await startTestRecorder(vhost, database, retentionMs);
    recorders.push(recorder);
    return recorder;
  };
  const countRecorded = async (state: string) => {
    const counts = await client.ask({ op: 'counts' });
    return counts.find((count) => count.state === state)?.count ?? 0;
  };
  const untilReadEmpty = () =>
    vi.waitFor(async () => expect(await broker.countMessages('heddle.events.recorder')).toBe(0), {
      timeout: 30_000,
      interval: 100,
    });

  test('loses nothing when it is killed over and over', async () => {
    const ids = Array.from({ length: 12_000 }, () => newJobId());
    const publish = async (some: readonly string[]) => {
      const at = Date.now();
      await events.addAll(some.map((id) => accepted(id, { at })));
      await events.addAll(some.map((id) => succeeded(id, { at: at + 1 })));
    };
    let before = 0;
    for (const round of [0, 1, 2]) {
      const killed = await spawnRecorder(vhost, database);
      const some = ids.slice(round * 4_000, (round + 1) * 4_000);
      const published = publish(some.slice(0, 3_000));
      await vi.waitFor(async () => expect(await countRecorded('succeeded')).toBeGreaterThan(before), {
        timeout: 30_000,
        interval: 5,
      });
      before = await countRecorded('succeeded');
      await Promise.all([killed.kill(), published]);
      // What comes while none is there.
      await publish(some.slice(3_000));
    }
    expect(before).toBeLessThan(ids.length);
    await startRecorder();
    await untilReadEmpty();
    await vi.waitFor(async () => expect(await countRecorded('succeeded')).toBe(ids.length), 60_000);
    expect(await countRecorded('queued')).toBe(0);
  });

  test('that stood still finds the outputs of a job whose end it has not read yet', async () => {
    const recorder = await spawnRecorder(vhost, database);
    onTestFinished(() => recorder.kill());
    const id = newJobId();
    await events.addAll([accepted(id)]);
    await client.ask({ op: 'job', id });
    process.kill(recorder.pid, 'SIGSTOP');
    const body = Buffer.from('a thumbnail');
    const sha256 = createHash('sha256').update(body).digest('hex');
    const description = { name: '32.png', type: 'image/png', bytes: body.length, sha256 };
    const output = encodeOutputs([{ ...description, job: id, run: 'run-1', body }]);
    await broker.publisher.publish('heddle.events', 'output', output);
    await events.addAll([succeeded(id, { outputs: [description] })]);
    // With everything before it, it is read in one breath.
    const asked = client.ask({ op: 'output', id, name: '32.png' }, { timeoutMs: 60_000 });
    await untilReadEmpty();
    process.kill(recorder.pid, 'SIGCONT');
    expect(await asked).toEqual({ type: 'image/png', sha256, body });
    await recorder.kill();
  });

  test('holds events while its database is locked, says so, and records them afterwards', async () => {
    const recorder = await startRecorder();
    const id = newJobId();
    const file = new DatabaseSync(join(database.options.folder, 'recorder.db'));
    file.exec('begin immediate');
    await events.add(accepted(id));
    await vi.waitFor(() => expect(recorder.notReady()).toEqual([expect.stringContaining('locked')]), 30_000);
    await expect(client.ask({ op: 'job', id })).rejects.toMatchObject({ code: 'recorder_behind' });
    file.exec('rollback');
    file.close();
    await vi.waitFor(async () => expect(await client.ask({ op: 'job', id })).toMatchObject({ id }), 30_000);
    await vi.waitFor(() => expect(recorder.notReady()).toEqual([]), 30_000);
  });

  test('gives back what it could not write when it is stopped, and the next one records it', async () => {
    const recorder = await startRecorder();
    const ids = Array.from({ length: 300 }, () => newJobId());
    const file = new DatabaseSync(join(database.options.folder, 'recorder.db'));
    file.exec('begin immediate');
    await Promise.all(ids.map((id) => events.add(accepted(id))));
    await vi.waitFor(() => expect(recorder.notReady()).toHaveLength(1), 30_000);
    recorders.splice(0);
    await recorder.stop();
    file.exec('rollback');
    file.close();
    await startRecorder();
    await untilReadEmpty();
    await vi.waitFor(async () => expect(await countRecorded('queued')).toBe(ids.length), 30_000);
  });

  test('publishes what an earlier process had committed and not sent', async () => {
    const store = await database.open();
    const name = 'debug.left-behind';
    const task = { name, pool: 'thread', timeoutMs: 1, body: 'json', inputSchema: {} } as const;
    await announceTasks(store, [task]);
    expect(await claimOutgoing(store, 10, 3_600_000, Date.now())).toHaveLength(1);
    await store.db.destroy();
    const news: string[] = [];
    await broker.consume('heddle.control.listener', { prefetch: 10 }, (delivery) => {
      news.push(delivery.message.body.toString());
      delivery.ack();
    });
    await startRecorder();
    await vi.waitFor(() => expect(news).toEqual(['{"type":"tasks-changed"}']), 30_000);
  });

  test('keeps a submitted job until there is a queue for it', async () => {
    await startRecorder();
    const task = 'debug.no-queue-yet';
    const id = newJobId();
    const job = { id, task, input: null, priority: 4, tags: [], acceptedAt: Date.now() };
    await client.ask({ op: 'submit', idempotencyKey: randomUUID(), fingerprint: 'a'.repeat(64), job });
    await broker.declareJobQueue(task);
    await vi.waitFor(async () => expect(await broker.countMessages(`heddle.jobs.${task}`)).toBe(1), {
      timeout: 30_000,
      interval: 100,
    });
  });

  test('deletes old jobs in the background', async () => {
    await startRecorder(60_000);
    const ids = Array.from({ length: 450 }, () => newJobId());
    await events.addAll(ids.map((id) => accepted(id)));
    await events.addAll(ids.map((id) => succeeded(id)));
    const young = newJobId();
    await events.addAll([accepted(young), succeeded(young, { at: Date.now() })]);
    await untilReadEmpty();
    // The next sweep of this recorder is a while off; a new one begins with a sweep.
    await Promise.all(recorders.splice(0).map((recorder) => recorder.stop()));
    await startRecorder(60_000);
    await vi.waitFor(async () => expect(await countRecorded('succeeded')).toBe(1), 30_000);
    expect(await client.ask({ op: 'job', id: young })).toMatchObject({ id: young });
  });
});

describe('two recorders on one PostgreSQL', () => {
  let vhost: TestVhost;
  let database: TestDatabase;
  let broker: Broker;
  let recorders: TestRecorder[];
  let stopPostgres: (() => Promise<void>) | undefined;

  beforeAll(async () => {
    stopPostgres = await startPostgres();
  });
  afterAll(async () => stopPostgres?.());
  beforeEach(async () => {
    vhost = await createVhost();
    database = await createTestDatabase('PostgreSQL');
    recorders = await Promise.all([startTestRecorder(vhost, database), startTestRecorder(vhost, database)]);
    broker = await connect(vhost, 'client');
  });
  afterEach(async () => {
    await broker.close();
    await Promise.all(recorders.map((recorder) => recorder.stop()));
    await database.remove();
    await vhost.drop();
  });

  test('record every job once, whoever gets its events', async () => {
    const events = new EventPublisher(broker.publisher);
    const client = new RecorderClient(broker);
    const ids = Array.from({ length: 2_000 }, () => newJobId());
    // Messages of few events, so that the events of a job are spread over both.
    await Promise.all(
      ids.flatMap((id) => [
        events.add(accepted(id, { input: { id } })),
        events.add(succeeded(id, { result: id })),
      ]),
    );
    await vi.waitFor(
      async () =>
        expect(await client.ask({ op: 'counts' })).toEqual([
          { task: 'debug.echo', state: 'succeeded', count: ids.length },
        ]),
      { timeout: 30_000, interval: 200 },
    );
    for (const id of ids.slice(0, 50)) {
      expect(await client.ask({ op: 'job', id })).toMatchObject({ input: { id }, result: id });
    }
  });

  test('go on after their database has cut every session', async () => {
    const events = new EventPublisher(broker.publisher);
    const client = new RecorderClient(broker);
    const ids = Array.from({ length: 1_500 }, () => newJobId());
    const admin = new pg.Client({ connectionString: database.options.url });
    await admin.connect();
    const published = Promise.all(ids.map((id) => events.add(accepted(id, { at: Date.now() }))));
    for (let cuts = 0; cuts < 5; cuts++) {
      await admin.query(
        'select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()',
      );
      await vi.waitFor(async () => expect(await countSessions(admin)).toBeGreaterThan(1), 30_000);
    }
    await published;
    await admin.end();
    await vi.waitFor(
      async () => {
        const counts = await client.ask({ op: 'counts' });
        expect(counts).toEqual([{ task: 'debug.echo', state: 'queued', count: ids.length }]);
      },
      { timeout: 30_000, interval: 200 },
    );
    await vi.waitFor(() => expect(recorders.flatMap((recorder) => recorder.notReady())).toEqual([]), 30_000);
  });

  test('say of text that a database cannot keep that it is invalid, so that nobody asks for ever', async () => {
    const client = new RecorderClient(broker);
    const search = client.ask({ op: 'jobs', filter: { tag: 'a\0b' }, limit: 1 });
    await expect(search).rejects.toMatchObject({ code: 'invalid_request' });
  });

  test('make one job of many submits with one key', async () => {
    const client = new RecorderClient(broker);
    const task = 'debug.keyed';
    await broker.declareJobQueue(task);
    const idempotencyKey = randomUUID();
    const submit = () => {
      const job = { id: newJobId(), task, input: 1, priority: 4, tags: [], acceptedAt: Date.now() };
      return client.ask({ op: 'submit', idempotencyKey, fingerprint: 'a'.repeat(64), job });
    };
    const replies = await Promise.all(Array.from({ length: 50 }, submit));
    expect(new Set(replies.map((reply) => reply.id)).size).toBe(1);
    const jobs: string[] = [];
    await broker.consume(`heddle.jobs.${task}`, { prefetch: 10 }, (delivery) => {
      jobs.push(delivery.message.properties.messageId ?? '');
      delivery.ack();
    });
    await vi.waitFor(() => expect(jobs).toEqual([replies[0]?.id]), 30_000);
  });
});

async function countSessions(admin: pg.Client): Promise<number> {
  const { rows } = await admin.query<{ sessions: number }>(
    'select count(*)::int as sessions from pg_stat_activity where datname = current_database()',
  );
  return rows[0]?.sessions ?? 0;
}
