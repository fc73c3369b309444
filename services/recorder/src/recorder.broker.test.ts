import { createHash, randomUUID } from 'node:crypto';
import { type Broker, EventPublisher } from '@heddle/broker';
import { newJobId, RecorderClient } from '@heddle/client';
import {
  encodeOutputs,
  header,
  type JobEvent,
  type JobRecord,
  type ReceivedMessage,
} from '@heddle/contracts';
import { connect as connectRaw } from 'amqplib';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { createVhost, type TestVhost } from '../../../test/support/broker.ts';
import { accepted, failed, started, succeeded } from '../test/job-events.ts';
import { createTestDatabase, type TestDatabase } from '../test/open-test-store.ts';
import { connect, startTestRecorder, type TestRecorder } from '../test/start-test-recorder.ts';

describe('the recorder', () => {
  let vhost: TestVhost;
  let database: TestDatabase;
  let recorder: TestRecorder;
  let broker: Broker;
  let events: EventPublisher;
  let client: RecorderClient;

  beforeAll(async () => {
    vhost = await createVhost();
    database = await createTestDatabase('SQLite');
    recorder = await startTestRecorder(vhost, database);
    broker = await connect(vhost, 'client');
    events = new EventPublisher(broker.publisher);
    client = new RecorderClient(broker);
  });
  afterAll(async () => {
    await broker.close();
    await recorder.stop();
    await database.remove();
    await vhost.drop();
  });

  const publish = (...some: JobEvent[]) => events.addAll(some);
  const ask = (id: string): Promise<JobRecord> => client.ask({ op: 'job', id });

  test('knows a job as soon as its event is confirmed', async () => {
    for (let n = 0; n < 50; n++) {
      const id = newJobId();
      await publish(accepted(id, { input: { n } }));
      expect(await ask(id)).toMatchObject({ id, state: 'queued', input: { n } });
    }
  });

  test('records events that arrive in the wrong order', async () => {
    const id = newJobId();
    await publish(succeeded(id, { result: 'done' }));
    expect(await ask(id)).toMatchObject({ state: 'succeeded', result: 'done' });
    await publish(started(id), accepted(id, { tags: ['late'] }));
    await vi.waitFor(
      async () => expect(await ask(id)).toMatchObject({ state: 'succeeded', tags: ['late'] }),
      { timeout: 30_000 },
    );
  });

  test('says of a job that was never submitted that there is none', async () => {
    await expect(ask(newJobId())).rejects.toMatchObject({ code: 'job_not_found' });
  });

  test('finds, counts and describes', async () => {
    const tag = randomUUID();
    const ids = Array.from({ length: 30 }, () => newJobId());
    await publish(...ids.map((id, n) => accepted(id, { tags: [tag], at: 1_000 + n, task: 'debug.search' })));
    await publish(...ids.slice(0, 3).map((id) => failed(id, 'task_failed', { task: 'debug.search' })));
    await Promise.all(ids.map(ask));
    const filter = { tag, error: 'task_failed' };
    await vi.waitFor(async () => {
      const page = await client.ask({ op: 'jobs', filter, limit: 2 });
      expect(page.jobs.map((job) => job.id)).toEqual([ids[2], ids[1]]);
      const last = await client.ask({ op: 'jobs', filter, limit: 2, cursor: page.next ?? '' });
      expect(last).toMatchObject({ jobs: [{ id: ids[0] }], next: null });
    }, 30_000);
    expect(await client.ask({ op: 'counts' })).toContainEqual({
      task: 'debug.search',
      state: 'failed',
      count: 3,
    });
    const lost = client.ask({ op: 'jobs', filter: {}, limit: 1, cursor: 'nonsense' });
    await expect(lost).rejects.toMatchObject({ code: 'invalid_cursor' });
  });

  describe('of outputs', () => {
    const body = Buffer.from([0, 255, 137, 80]);
    const sha256 = createHash('sha256').update(body).digest('hex');
    const description = { name: '32.png', type: 'image/png', bytes: body.length, sha256 };
    const succeed = async (id: string): Promise<void> => {
      const output = encodeOutputs([{ ...description, job: id, run: 'run-1', body }]);
      await broker.publisher.publish('heddle.events', 'output', output);
      await publish(succeeded(id, { outputs: [description] }));
    };
    const read = (id: string, name: string) => client.ask({ op: 'output', id, name });

    test('gives the bytes', async () => {
      const id = newJobId();
      await succeed(id);
      expect((await ask(id)).outputs).toEqual([description]);
      expect(await read(id, '32.png')).toEqual({ type: 'image/png', sha256, body });
      await expect(read(id, '64.png')).rejects.toMatchObject({ code: 'output_not_found' });
    });

    test('says of a job that has not ended that it has none', async () => {
      const id = newJobId();
      await publish(accepted(id));
      await expect(read(id, '32.png')).rejects.toMatchObject({ code: 'output_not_found' });
    });
  });

  test('sends what cannot be read to heddle.dead, with the reason, and goes on', async () => {
    const dead = await collectDead(broker);
    const rubbish = { kind: 'events', body: Buffer.from('[{"type":"nonsense"}]'), properties: {} } as const;
    const torn = {
      kind: 'output',
      body: Buffer.from('torn'),
      properties: {
        headers: {
          [header.job]: 'j',
          [header.run]: 'r',
          [header.outputs]: JSON.stringify([{ name: 'n', type: '', bytes: 4, sha256: '0'.repeat(64) }]),
        },
      },
    } as const;
    await broker.publisher.publish('heddle.events', 'event', { ...rubbish, body: Buffer.from('{') });
    await broker.publisher.publish('heddle.events', 'event', rubbish);
    await broker.publisher.publish('heddle.events', 'output', torn);
    const id = newJobId();
    await publish(accepted(id));
    expect(await ask(id)).toMatchObject({ id });
    await vi.waitFor(() => expect(dead.messages).toHaveLength(3), 30_000);
    const reasons = dead.messages.map((message) => String(message.properties.headers?.[header.reason]));
    expect(reasons.toSorted()).toEqual([
      expect.stringContaining('body is not JSON'),
      expect.stringContaining('events.0'),
      expect.stringContaining('SHA-256'),
    ]);
    for (const message of dead.messages) {
      expect(message.properties.headers?.[header.source]).toBe('heddle.events.recorder');
    }
    await dead.stop();
  });

  test('believes what comes by heddle.webhooks of deliveries of webhooks only', async () => {
    const dead = await collectDead(broker);
    const told = new EventPublisher(broker.publisher, { exchange: 'heddle.webhooks' });
    const [id, delivery] = [newJobId(), newJobId()];
    await publish(accepted(id));
    expect(await ask(id)).toMatchObject({ state: 'queued' });
    await told.addAll([succeeded(id, { result: 'forged' })]);
    await told.addAll([succeeded(id, { task: 'webhook.deliver', result: 'forged' })]);
    await told.addAll([accepted(delivery, { task: 'webhook.deliver' })]);
    expect(await ask(delivery)).toMatchObject({ state: 'queued', task: 'webhook.deliver' });
    await vi.waitFor(() => expect(dead.messages).toHaveLength(2), 30_000);
    expect(await ask(id)).toMatchObject({ state: 'queued', task: 'debug.echo' });
    const reasons = dead.messages.map((message) => String(message.properties.headers?.[header.reason]));
    expect(reasons.toSorted()).toEqual([
      expect.stringContaining('expected an event of debug.echo, got one of webhook.deliver'),
      expect.stringContaining('expected only those of webhook.deliver by heddle.webhooks'),
    ]);
    await dead.stop();
  });

  test('makes one job of fifty submits with one key, and publishes it once', async () => {
    const task = 'debug.keyed';
    await broker.declareJobQueue(task);
    const key = randomUUID();
    const submit = (fingerprint: string) =>
      client.ask({
        op: 'submit',
        idempotencyKey: key,
        fingerprint,
        job: { id: newJobId(), task, input: { x: 1 }, priority: 6, tags: [], acceptedAt: Date.now() },
      });
    const replies = await Promise.all(Array.from({ length: 50 }, () => submit('a'.repeat(64))));
    const id = replies[0]?.id ?? '';
    expect(replies.every((reply) => reply.id === id)).toBe(true);
    expect(replies.filter((reply) => !reply.repeated)).toHaveLength(1);
    expect(await ask(id)).toMatchObject({ state: 'queued', task, priority: 6 });
    await expect(submit('b'.repeat(64))).rejects.toMatchObject({ code: 'idempotency_key_reused' });
    const jobs: ReceivedMessage[] = [];
    const consumer = await broker.consume('heddle.jobs.debug.keyed', { prefetch: 10 }, (delivery) => {
      jobs.push(delivery.message);
      delivery.ack();
    });
    await vi.waitFor(() => expect(jobs).toHaveLength(1), 30_000);
    expect(jobs[0]?.properties).toMatchObject({ messageId: id, type: task, priority: 6 });
    await consumer.close();
  });

  test('keeps announced tasks and tells everybody of changes', async () => {
    const name = 'debug.announced';
    const task = { name, pool: 'thread', timeoutMs: 1_000, body: 'json', inputSchema: {} } as const;
    expect(await client.ask({ op: 'announce', tasks: [task] })).toEqual({ tasks: 1 });
    const { tasks } = await client.ask({ op: 'tasks' });
    expect(tasks.find((known) => known.name === name)).toMatchObject(task);
  });

  test('counts the jobs of a task by its name from its announcement on, and those of no known task as "other"', async () => {
    const name = 'debug.counted';
    const count = async (task: string): Promise<number | undefined> => {
      const text = await recorder.registry.metrics();
      const line = new RegExp(`^heddle_jobs_accepted_total\\{task="${task}",[^}]*\\} (\\d+)$`, 'm').exec(
        text,
      );
      return line ? Number(line[1]) : undefined;
    };
    expect(await count(name)).toBeUndefined();
    const task = { name, pool: 'thread', timeoutMs: 1_000, body: 'json', inputSchema: {} } as const;
    await client.ask({ op: 'announce', tasks: [task] });
    expect(await count(name)).toBe(0);
    const others = (await count('other')) ?? 0;
    const [known, unknown] = [newJobId(), newJobId()];
    await publish(accepted(known, { task: name }), accepted(unknown, { task: 'debug.made-up' }));
    await Promise.all([ask(known), ask(unknown)]);
    expect([await count(name), await count('other')]).toEqual([1, others + 1]);
    expect(await count('debug.made-up')).toBeUndefined();
  });

  test('has an epoch for the event stream', async () => {
    const { epoch } = await client.ask({ op: 'stream-epoch' });
    expect(epoch).toMatch(/^[0-9a-f]{8}$/);
    expect(await client.ask({ op: 'stream-epoch' })).toEqual({ epoch });
  });

  test('answers a request it cannot read, and keeps it for people', async () => {
    const dead = await collectDead(broker);
    const replies = await broker.replies();
    const reply = replies.wait('unreadable', 60_000);
    const properties = { replyTo: replies.name, correlationId: 'unreadable' };
    const question = { kind: 'request', body: Buffer.from('{"op":"nonsense"}'), properties } as const;
    await broker.publisher.publish('heddle.requests', 'queries', question);
    expect(JSON.parse(String((await reply).body))).toMatchObject({
      ok: false,
      error: { code: 'invalid_request' },
    });
    await vi.waitFor(() => expect(dead.messages).toHaveLength(1), 30_000);
    await dead.stop();
  });

  test('goes on after every connection was cut', async () => {
    const ids = Array.from({ length: 200 }, () => newJobId());
    const published = Promise.all(ids.map((id) => publish(accepted(id))));
    await vhost.closeConnections();
    await published;
    await vi.waitFor(
      async () => expect(await ask(ids[199] ?? '')).toMatchObject({ state: 'queued' }),
      30_000,
    );
    for (const id of ids)
      await vi.waitFor(async () => expect(await ask(id)).toMatchObject({ id }), { timeout: 30_000 });
  });

  test('begins a new epoch when the event stream had to be made anew', async () => {
    const { epoch } = await client.ask({ op: 'stream-epoch' });
    const connection = await connectRaw(vhost.url);
    const channel = await connection.createChannel();
    await channel.deleteQueue('heddle.events.log');
    await connection.close();
    await vhost.closeConnections();
    await vi.waitFor(async () => expect(await client.ask({ op: 'stream-epoch' })).not.toEqual({ epoch }), {
      timeout: 30_000,
      interval: 200,
    });
  });

  test('measures its transactions', async () => {
    const text = await recorder.registry.metrics();
    expect(text).toMatch(/heddle_recorder_transaction_duration_seconds_count\{service="recorder"\} [1-9]/);
    expect(text).toMatch(/heddle_recorder_refused_messages_total\{service="recorder"\} [1-9]/);
    await vi.waitFor(() => expect(recorder.notReady()).toEqual([]), { timeout: 30_000 });
  });
});

/** Takes what is in `heddle.dead`, from before and from now on. */
async function collectDead(broker: Broker): Promise<{ messages: ReceivedMessage[]; stop(): Promise<void> }> {
  const messages: ReceivedMessage[] = [];
  const consumer = await broker.consume('heddle.dead', { prefetch: 50 }, (delivery) => {
    messages.push(delivery.message);
    delivery.ack();
  });
  return { messages, stop: () => consumer.close() };
}
