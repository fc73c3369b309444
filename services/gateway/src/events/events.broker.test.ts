import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { EventPublisher } from '@heddle/broker';
import { newJobId } from '@heddle/client';
import type { JobEvent } from '@heddle/contracts';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { builtFile } from '../../../../test/support/built-file.ts';
import { HttpApi } from '../../../../test/support/http-api.ts';
import { type InProcessService, InProcessStack } from '../../../../test/support/in-process-stack.ts';
import { openGate } from '../../../../test/support/tasks/gates.ts';
import { openSse, type SseMessage, type SseReader } from '../../test/read-sse.ts';

const gatedTask = builtFile(new URL('../../../../test/support/tasks/gated-task.ts', import.meta.url));

let stack: InProcessStack;
let gateway: InProcessService;
let publisher: EventPublisher;
const readers: SseReader[] = [];

beforeAll(async () => {
  stack = await InProcessStack.open();
  await stack.startRecorder();
  gateway = await stack.startGateway();
  const worker = await stack.startWorker(`debug.echo,debug.sleep,${gatedTask}`);
  publisher = new EventPublisher(worker.broker.publisher);
});
afterEach(() => {
  for (const reader of readers.splice(0)) reader.close();
});
afterAll(() => stack.stop());

async function open(path: string, lastEventId?: string, url = gateway.url): Promise<SseReader> {
  const reader = await openSse(url + path, lastEventId);
  readers.push(reader);
  return reader;
}

const api = new HttpApi(() => gateway.url);
const submit = async (task: string, input: unknown): Promise<string> =>
  (await api.submit({ task, input })).id;

async function runToItsEnd(): Promise<string> {
  const id = await submit('debug.echo', 1);
  await vi.waitFor(
    async () => {
      const response = await fetch(`${gateway.url}/v1/jobs/${id}`);
      expect(await response.json()).toMatchObject({ state: 'succeeded' });
    },
    { timeout: 30_000 },
  );
  return id;
}

/** Reads on until this event of one of the jobs: those of tests before may still be on their way. */
async function untilOf(reader: SseReader, event: string, ...jobs: string[]): Promise<SseMessage> {
  for (;;) {
    const message = await reader.until(event);
    if (jobs.includes(message.data?.['job'] as string)) return message;
  }
}

/** An event of a job that nobody runs. */
function accepted(job: string, input: unknown): JobEvent {
  const at = Date.now();
  return {
    type: 'accepted',
    job,
    task: 'debug.echo',
    generation: 0,
    attempt: 0,
    run: '',
    seq: 0,
    at,
    priority: 4,
    input,
  };
}

describe("a job's events", () => {
  it('are a snapshot, then what happens, and end with the job', async () => {
    const id = await submit('test.gated', { gate: 'opened' });
    const reader = await open(`/v1/jobs/${id}/events`);
    openGate('opened');
    expect(reader.headers.get('content-type')).toBe('text/event-stream; charset=utf-8');
    const messages = await reader.rest();
    expect(messages[0]).toMatchObject({ event: 'snapshot', data: { id, task: 'test.gated' } });
    expect(messages.at(-1)).toMatchObject({ event: 'succeeded', data: { job: id, result: 'through' } });
    expect(messages.at(-1)?.id).toMatch(/^[\w-]+\.\d+\.\d+$/);
    expect(messages.at(-1)?.data?.['at']).toMatch(/^\d{4}-\d\d-\d\dT.*Z$/);
  });

  it('of a job that has ended are its snapshot', async () => {
    const id = await runToItsEnd();
    const messages = await (await open(`/v1/jobs/${id}/events`)).rest();
    expect(messages).toMatchObject([{ event: 'snapshot', data: { id, state: 'succeeded' } }]);
  });

  it('of no job are 404', async () => {
    const reader = await open('/v1/jobs/019a0000-0000-7000-8000-000000000000/events');
    expect([reader.status, reader.headers.get('content-type')]).toEqual([
      404,
      'application/problem+json; charset=utf-8',
    ]);
  });

  it('go on after Last-Event-ID, and are 204 after the last', async () => {
    const all = await open('/v1/events');
    const id = await runToItsEnd();
    const first = await untilOf(all, 'accepted', id);
    const last = await untilOf(all, 'succeeded', id);

    const resumed = await (await open(`/v1/jobs/${id}/events`, first.id)).rest();
    expect(resumed.map(({ event }) => event)).not.toContain('snapshot');
    expect(resumed.at(-1)).toEqual(last);

    expect((await open(`/v1/jobs/${id}/events`, last.id)).status).toBe(204);
  });
});

describe('all events', () => {
  it('come to every client', async () => {
    const clients = await Promise.all([open('/v1/events'), open('/v1/events')]);
    const id = await submit('debug.echo', 1);
    for (const client of clients) await untilOf(client, 'accepted', id);
  });

  it('can be those of one task', async () => {
    const client = await open('/v1/events?task=debug.sleep');
    await submit('debug.echo', 1);
    const id = await submit('debug.sleep', { ms: 1 });
    expect(await client.next()).toMatchObject({ event: 'accepted', data: { job: id } });
  });

  it('go on after Last-Event-ID out of the memory of the gateway, within a message and without a hole', async () => {
    const jobs = Array.from({ length: 30 }, () => newJobId());
    const first = await open('/v1/events');
    await publisher.addAll(jobs.slice(0, 20).map((job, n) => accepted(job, n)));
    const seen: unknown[] = [];
    let lastId: string | undefined;
    for (let n = 0; n < 7; n++) {
      const message = await untilOf(first, 'accepted', ...jobs);
      seen.push(message.data?.['job']);
      lastId = message.id;
    }
    first.close();
    await publisher.addAll(jobs.slice(20).map((job, n) => accepted(job, n)));
    const second = await open('/v1/events', lastId);
    while (seen.length < 30) seen.push((await untilOf(second, 'accepted', ...jobs)).data?.['job']);
    expect(seen).toEqual(jobs);
  });

  it('go on at a gateway that was not there before, out of the log', async () => {
    const jobs = Array.from({ length: 250 }, () => newJobId());
    const first = await open('/v1/events');
    await publisher.addAll(jobs.slice(0, 100).map((job, n) => accepted(job, n)));
    const lastId = (await untilOf(first, 'accepted', ...jobs)).id;
    await publisher.addAll(jobs.slice(100, 200).map((job, n) => accepted(job, n)));

    const other = await stack.startGateway();
    const second = await open('/v1/events', lastId, other.url);
    const seen: unknown[] = [jobs[0]];
    for (let n = 0; n < 100; n++) seen.push((await second.until('accepted')).data?.['job']);
    // What comes live joins on without a hole or a repetition.
    await publisher.addAll(jobs.slice(200).map((job, n) => accepted(job, n)));
    while (seen.length < 250) seen.push((await second.until('accepted')).data?.['job']);
    expect(seen).toEqual(jobs);
    second.close();
    await other.stop();
  });

  it('go on over a connection that the broker has closed', async () => {
    const client = await open('/v1/events');
    const before = newJobId();
    await publisher.add(accepted(before, 1));
    await untilOf(client, 'accepted', before);
    await stack.vhost.closeConnections();
    const after = newJobId();
    await publisher.add(accepted(after, 2));
    expect((await client.until('accepted')).data?.['job']).toBe(after);
    // The gateway's other connections may still be on their way back, and the next test wants all of them.
    await vi.waitFor(async () => expect((await fetch(`${gateway.url}/readyz`)).status).toBe(200), {
      timeout: 30_000,
    });
  });
});

describe('a position that the log does not have', () => {
  const currentId = async (): Promise<{ epoch: string; offset: number }> => {
    const client = await open('/v1/events');
    const job = newJobId();
    await publisher.add(accepted(job, 1));
    const [epoch = '', offset] = ((await untilOf(client, 'accepted', job)).id ?? '').split('.');
    client.close();
    return { epoch, offset: Number(offset) };
  };

  it('of another epoch is a gap, then the tail', async () => {
    const client = await open('/v1/events', 'another.5.0');
    expect(await client.next()).toMatchObject({
      event: 'gap',
      data: { reason: expect.stringContaining('made anew') },
    });
    const id = await submit('debug.echo', 1);
    expect((await client.until('accepted')).data?.['job']).toBe(id);
  });

  it('that is no id is a gap; for a job its snapshot follows', async () => {
    const id = await runToItsEnd();
    const messages = await (await open(`/v1/jobs/${id}/events`, 'rubbish')).rest();
    expect(messages).toMatchObject([
      { event: 'gap' },
      { event: 'snapshot', data: { id, state: 'succeeded' } },
    ]);
  });

  it('past the end is a gap, then the tail', async () => {
    const { epoch, offset } = await currentId();
    const client = await open('/v1/events', `${epoch}.${offset + 1_000}.0`);
    expect(await client.next()).toMatchObject({
      event: 'gap',
      data: { reason: expect.stringContaining('past the end') },
    });
    const id = await submit('debug.echo', 1);
    expect((await client.until('accepted')).data?.['job']).toBe(id);
  });
});

describe('clients', () => {
  it('that read nothing are dropped, and hold up nobody', async () => {
    const slow = connect(Number(new URL(gateway.url).port), '127.0.0.1');
    slow.write('GET /v1/events HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n');
    await once(slow, 'readable');
    slow.pause();
    const fast = await open('/v1/events');
    // More than sockets and the ring hold for a slow one.
    const input = 'x'.repeat(50_000);
    for (let round = 0; round < 50; round++) {
      await publisher.addAll(Array.from({ length: 10 }, () => accepted(newJobId(), input)));
      for (let n = 0; n < 10; n++) await fast.until('accepted');
    }
    const text = await readAll(slow);
    expect(text).toContain(': this client reads too slowly and was dropped');
    expect(text.length).toBeLessThan(25_000_000);
  });

  it('are told when the gateway shuts down', async () => {
    const other = await stack.startGateway();
    const client = await open('/v1/events', undefined, other.url);
    await other.stop();
    expect(await client.rest()).toMatchObject([{ comment: 'the gateway is shutting down' }]);
  });

  it('that leave are forgotten', async () => {
    const other = await stack.startGateway({ HEDDLE_DRAIN_SECONDS: '60' });
    const client = await open('/v1/events', undefined, other.url);
    client.close();
    // A drain would wait for a stream that is still open.
    const began = Date.now();
    await other.stop();
    expect(Date.now() - began).toBeLessThan(30_000);
  });

  it('of HEAD get the headers only', async () => {
    const response = await fetch(`${gateway.url}/v1/events`, { method: 'HEAD' });
    expect([response.status, response.headers.get('content-type')]).toEqual([
      200,
      'text/event-stream; charset=utf-8',
    ]);
  });
});

async function readAll(socket: Socket): Promise<string> {
  let text = '';
  socket.on('data', (chunk: Buffer) => (text += chunk.toString('latin1')));
  socket.resume();
  await once(socket, 'close');
  return text;
}
