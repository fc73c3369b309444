import type { JobEvent, JobRecord } from '@heddle/contracts';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openSse, type SseReader } from '../../test/read-sse.ts';
import { type ScriptedGateway, startScriptedGateway } from '../../test/scripted-gateway.ts';
import { ScriptedLog } from '../../test/scripted-log.ts';

let log: ScriptedLog;
let gateway: ScriptedGateway;
let readers: SseReader[];

beforeEach(async () => {
  log = new ScriptedLog();
  readers = [];
  gateway = await startScriptedGateway({
    events: { broker: log.broker, lingerMs: 20, ring: { maxBytes: 100_000, maxItems: 5 } },
  });
  gateway.answers = { 'stream-epoch': () => ({ epoch: log.epoch }), job: () => running };
});
afterEach(async () => {
  for (const reader of readers) reader.close();
  await gateway.drain(500);
  expect(gateway.logged.filter((line) => line.startsWith('error'))).toEqual([]);
});

async function open(path: string, lastEventId?: string): Promise<SseReader> {
  const reader = await openSse(gateway.url + path, lastEventId);
  readers.push(reader);
  return reader;
}

const base = { task: 'a.b', generation: 0, attempt: 1, run: 'r', seq: 0, at: 0, worker: 'w' };
const started = (job: string): JobEvent => ({ ...base, type: 'started', job });
const succeeded = (job: string): JobEvent => ({ ...base, type: 'succeeded', job, startedAt: 0 });

const running: JobRecord = {
  id: 'job',
  task: 'a.b',
  state: 'running',
  priority: 4,
  generation: 0,
  tags: [],
  attempts: [],
  progress: null,
  input: null,
  body: null,
  timeoutMs: null,
  batch: null,
  result: null,
  error: null,
  outputs: [],
  acceptedAt: 0,
  dueAt: null,
  startedAt: 0,
  endedAt: null,
  updatedAt: 0,
};

/** The jobs of the next events. */
async function jobsOf(reader: SseReader, count: number): Promise<unknown[]> {
  const jobs: unknown[] = [];
  while (jobs.length < count) jobs.push((await reader.next())?.data?.['job']);
  return jobs;
}

describe('a position in the log', () => {
  it('that has expired is a gap, then the tail', async () => {
    for (let n = 0; n < 10; n++) log.publish(started(`old ${n}`));
    log.first = 6;
    const reader = await open('/v1/events', 'one.2.0');
    expect(await reader.next()).toMatchObject({
      event: 'gap',
      data: { reason: expect.stringContaining('expired') },
    });
    log.publish(started('new'));
    expect(await jobsOf(reader, 1)).toEqual(['new']);
  });

  it('that has expired is, for a job, a gap and its snapshot', async () => {
    for (let n = 0; n < 10; n++) log.publish(started('job'));
    log.first = 6;
    const reader = await open('/v1/jobs/job/events', 'one.2.0');
    expect((await reader.next())?.event).toBe('gap');
    expect(await reader.next()).toMatchObject({ event: 'snapshot', data: { id: 'job', state: 'running' } });
    log.publish(started('other'), succeeded('job'));
    expect(await reader.rest()).toMatchObject([{ event: 'succeeded' }]);
  });

  it('within a message goes on behind it, out of the log and into the tail', async () => {
    log.publish(started('0'), started('1'), started('2'));
    log.publish(started('3'));
    const reader = await open('/v1/events', 'one.0.1');
    expect(await jobsOf(reader, 2)).toEqual(['2', '3']);
    for (let n = 4; n < 40; n++) log.publish(started(String(n)));
    expect(await jobsOf(reader, 36)).toEqual(Array.from({ length: 36 }, (_, n) => String(n + 4)));
    // The consumer of its own has gone: the tail alone is left.
    await expect.poll(() => log.consumers).toBe(1);
  });

  it('at the last event of a job is answered with nothing to come', async () => {
    log.publish(started('job'), succeeded('job'));
    expect((await open('/v1/jobs/job/events', 'one.0.1')).status).toBe(204);
  });
});

describe('the tail', () => {
  it('begins with the first reader and ends a while after the last', async () => {
    expect(log.consumers).toBe(0);
    const [one, two] = await Promise.all([open('/v1/events'), open('/v1/events')]);
    expect(log.consumers).toBe(1);
    one.close();
    two.close();
    await expect.poll(() => log.consumers).toBe(0);
    const again = await open('/v1/events');
    log.publish(started('new'));
    expect(await jobsOf(again, 1)).toEqual(['new']);
  });

  it('begins anew, with a gap, when the log was made anew behind a reconnect', async () => {
    const reader = await open('/v1/events');
    log.publish(started('before'));
    expect(await jobsOf(reader, 1)).toEqual(['before']);
    log.reconnect('two');
    expect(await reader.next()).toMatchObject({
      event: 'gap',
      data: { reason: expect.stringContaining('anew') },
    });
    log.publish(started('after'));
    expect(await reader.next()).toMatchObject({
      id: expect.stringMatching(/^two\./),
      data: { job: 'after' },
    });
  });

  it('goes on without a word when it was not', async () => {
    const reader = await open('/v1/events');
    log.publish(started('before'));
    log.reconnect();
    log.publish(started('after'));
    expect(await jobsOf(reader, 2)).toEqual(['before', 'after']);
  });
});

describe("a job's snapshot", () => {
  it('loses nothing that happens while it is asked for', async () => {
    gateway.answers = {
      ...gateway.answers,
      job: async () => {
        log.publish(succeeded('job'));
        await new Promise((resolve) => setTimeout(resolve, 50));
        return running;
      },
    };
    const reader = await open('/v1/jobs/job/events');
    expect((await reader.rest()).map(({ event }) => event)).toEqual(['snapshot', 'succeeded']);
  });
});
