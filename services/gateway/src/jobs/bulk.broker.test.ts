import { once } from 'node:events';
import { connect } from 'node:net';
import { Readable } from 'node:stream';
import type { Problem } from '@heddle/contracts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type InProcessService, InProcessStack } from '../../../../test/support/in-process-stack.ts';

let stack: InProcessStack;
let gateway: InProcessService;

beforeAll(async () => {
  stack = await InProcessStack.open();
  await stack.startRecorder();
  gateway = await stack.startGateway({ HEDDLE_MAX_MESSAGE_BYTES: '100000' });
  const worker = await stack.startWorker('debug.echo');
  // The jobs stay in their queue, where they can be counted.
  await worker.stop();
});
afterAll(() => stack.stop());

interface Answer {
  readonly line: number;
  readonly id?: string;
  readonly error?: Problem;
}

async function bulk(lines: Iterable<string>): Promise<Answer[]> {
  const response = await fetch(`${gateway.url}/v1/jobs/bulk`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-ndjson' },
    body: Readable.toWeb(Readable.from(lines)) as ReadableStream,
    duplex: 'half',
  } as RequestInit);
  expect([response.status, response.headers.get('content-type')]).toEqual([
    200,
    'application/x-ndjson; charset=utf-8',
  ]);
  const text = await response.text();
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Answer);
}

const countJobs = () => gateway.broker.countMessages('heddle.jobs.debug.echo');

describe('POST /v1/jobs/bulk', () => {
  it('answers 10,000 lines in their order, each with a job of its own', async () => {
    const before = await countJobs();
    const answers = await bulk(
      (function* () {
        for (let n = 1; n <= 10_000; n++) yield `{"task":"debug.echo","input":${n}}\n`;
      })(),
    );
    expect(answers.map(({ line }) => line)).toEqual(Array.from({ length: 10_000 }, (_, n) => n + 1));
    expect(new Set(answers.map(({ id }) => id)).size).toBe(10_000);
    expect((await countJobs()) - before).toBe(10_000);
  });

  it('answers a bad line in its place, and goes on', async () => {
    const answers = await bulk([
      '{"task":"debug.echo","input":1}\r\n',
      'rubbish\n',
      '\n',
      '{"task":"debug.nothing","input":1}\n{"task":"debug.echo","input":2,"colour":1}\n',
      `{"task":"debug.echo","input":"${'x'.repeat(150_000)}"}\n`,
      '{"task":"debug.e',
      'cho","input":"no newline at the end"}',
    ]);
    expect(answers.map(({ id, error }) => (id === undefined ? error?.code : 'job'))).toEqual([
      'job',
      'invalid_json',
      'invalid_json',
      'unknown_task',
      'invalid_request',
      'payload_too_large',
      'job',
    ]);
    expect(answers[4]?.error?.errors).toEqual([
      { path: 'colour', message: 'expected no field of this name' },
    ]);
  });

  it('answers nothing with nothing', async () => {
    expect(await bulk([])).toEqual([]);
  });

  it('refuses another content type', async () => {
    const response = await fetch(`${gateway.url}/v1/jobs/bulk`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '[]',
    });
    expect([response.status, ((await response.json()) as Problem).code]).toEqual([
      415,
      'unsupported_media_type',
    ]);
  });

  it('answers while lines are still coming', async () => {
    const socket = connect(Number(new URL(gateway.url).port), '127.0.0.1');
    let answer = '';
    socket.on('data', (chunk) => (answer += chunk.toString()));
    socket.write(
      'POST /v1/jobs/bulk HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-type: application/x-ndjson\r\ntransfer-encoding: chunked\r\n\r\n',
    );
    const line = '{"task":"debug.echo","input":1}\n';
    for (let n = 1; n <= 3; n++) {
      socket.write(`${line.length.toString(16)}\r\n${line}\r\n`);
      await expect.poll(() => answer).toContain(`{"line":${n},"id":`);
    }
    socket.end('0\r\n\r\n');
    await once(socket, 'close');
  });

  it('takes no more lines from a client that reads no answers, and holds little for it', async () => {
    const socket = connect(Number(new URL(gateway.url).port), '127.0.0.1');
    socket.pause();
    socket.write(
      'POST /v1/jobs/bulk HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-type: application/x-ndjson\r\ntransfer-encoding: chunked\r\n\r\n',
    );
    // Bad lines with longer answers: the answers pile up, not the jobs.
    const lines = `{"task":"${'x'.repeat(120)}","input":1}\n`.repeat(1_000);
    const chunk = `${lines.length.toString(16)}\r\n${lines}\r\n`;
    let written = 0;
    let stuck = false;
    while (!stuck && written < 1_000) {
      written++;
      if (socket.write(chunk)) continue;
      stuck = await Promise.race([
        once(socket, 'drain').then(() => false),
        new Promise<boolean>((resolve) => setTimeout(() => resolve(true), 1_500)),
      ]);
    }
    expect(stuck).toBe(true);
    // Once it reads, everything is answered.
    let answered = 0;
    socket.on('data', (data: Buffer) => {
      for (let at = data.indexOf('{"line"'); at >= 0; at = data.indexOf('{"line"', at + 1)) answered++;
    });
    socket.resume();
    socket.end('0\r\n\r\n');
    await once(socket, 'close');
    // Counted chunk by chunk, so that one that straddles two may be missed.
    expect(answered).toBeGreaterThan(written * 1_000 * 0.98);
    expect(answered).toBeLessThanOrEqual(written * 1_000);
  });

  it('goes on over a connection that the broker has closed, and loses nothing', async () => {
    const before = await countJobs();
    const answering = bulk(
      (function* () {
        for (let n = 1; n <= 5_000; n++) yield `{"task":"debug.echo","input":${n}}\n`;
      })(),
    );
    await expect.poll(countJobs, { interval: 10 }).toBeGreaterThan(before + 200);
    await stack.vhost.closeConnections();
    const answers = await answering;
    const accepted = answers.filter(({ id }) => id !== undefined).length;
    expect(answers).toHaveLength(5_000);
    expect(accepted).toBe(5_000);
    // What was in flight when the connection went may have come twice.
    await expect.poll(countJobs).toBeGreaterThanOrEqual(before + accepted);
  });
});
