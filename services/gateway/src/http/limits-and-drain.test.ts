import { once } from 'node:events';
import { connect } from 'node:net';
import { setImmediate } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type ScriptedGateway, startScriptedGateway } from '../../test/scripted-gateway.ts';
import { postJob, problemOf } from '../../test/send-requests.ts';

let gateway: ScriptedGateway;
beforeEach(async () => {
  gateway = await startScriptedGateway();
});
afterEach(async () => {
  await gateway.drain(500);
  // Nothing that a request did was our own fault, and nothing of it is still held.
  expect(gateway.logged.filter((line) => line.startsWith('error'))).toEqual([]);
  expect(gateway.admission.held).toBe(0);
});

const post = (body: string | Buffer, headers: Record<string, string> = {}) =>
  postJob(gateway.url, body, headers);

describe('limits', () => {
  it('bytes in flight: more is answered with 503 overloaded', async () => {
    await gateway.drain(100);
    gateway = await startScriptedGateway({ maxBytesInFlight: 3_000 });
    let letGo = () => {};
    gateway.onSubmit = () => new Promise<void>((resolve) => (letGo = resolve));
    const body = JSON.stringify({ task: 'debug.echo', input: 'x'.repeat(2_000) });
    const first = post(body);
    await expect.poll(() => gateway.submitted.length).toBe(1);
    const second = await post(body);
    expect(await problemOf(second)).toMatchObject({ status: 503, code: 'overloaded' });
    letGo();
    expect((await first).status).toBe(202);
  });

  it('requests at once: more is answered with 503 overloaded', async () => {
    await gateway.drain(100);
    gateway = await startScriptedGateway({ maxRequests: 1 });
    let letGo = () => {};
    gateway.onSubmit = () => new Promise<void>((resolve) => (letGo = resolve));
    const first = post('{"task":"debug.echo","input":1}');
    await expect.poll(() => gateway.submitted.length).toBe(1);
    const second = await fetch(`${gateway.url}/healthz`);
    expect(await problemOf(second)).toMatchObject({ status: 503, code: 'overloaded' });
    letGo();
    expect((await first).status).toBe(202);
  });

  it('a client that breaks off in the middle of its body leaves nothing behind', async () => {
    const socket = connect(Number(new URL(gateway.url).port), '127.0.0.1');
    socket.write(
      'POST /v1/jobs HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 5000\r\n\r\n{"task"',
    );
    await expect.poll(() => gateway.admission.held).toBe(5_000);
    socket.destroy();
    await expect.poll(() => gateway.admission.held).toBe(0);
  });
});

describe('a client that drips', () => {
  it('on after its request was refused is cut off', async () => {
    const socket = connect(Number(new URL(gateway.url).port), '127.0.0.1');
    let answer = '';
    socket.on('data', (chunk) => (answer += chunk.toString()));
    socket.on('error', () => {});
    socket.write(
      'POST /v1/jobs HTTP/1.1\r\nhost: x\r\ncontent-type: text/plain\r\ncontent-length: 5000\r\n\r\n',
    );
    const drip = setInterval(() => socket.write('x'), 200);
    await once(socket, 'close');
    clearInterval(drip);
    expect(answer).toContain('415 Unsupported Media Type');
  });
});

describe('draining', () => {
  it('finishes what was begun, takes nothing new and closes the connections', async () => {
    let letGo = () => {};
    gateway.onSubmit = () => new Promise<void>((resolve) => (letGo = resolve));
    const begun = post('{"task":"debug.echo","input":1}');
    await expect.poll(() => gateway.submitted.length).toBe(1);
    const drained = gateway.drain(50_000);
    await expect(fetch(`${gateway.url}/healthz`)).rejects.toThrow();
    letGo();
    const response = await begun;
    expect([response.status, response.headers.get('connection')]).toEqual([202, 'close']);
    await drained;
  });

  it('answers a late request on an open connection with 503 shutting_down', async () => {
    let letGo = () => {};
    gateway.onSubmit = () => new Promise<void>((resolve) => (letGo = resolve));
    const body = '{"task":"debug.echo","input":1}';
    const head = `POST /v1/jobs HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n`;
    const socket = connect(Number(new URL(gateway.url).port), '127.0.0.1');
    // Headers under way while the drain begins: the request is late.
    socket.write(head.slice(0, 30));
    const begun = post(body);
    await expect.poll(() => gateway.submitted.length).toBe(1);
    const drained = gateway.drain(50_000);
    let answer = '';
    socket.on('data', (chunk) => (answer += chunk.toString()));
    socket.write(head.slice(30) + body);
    await once(socket, 'close');
    expect(answer).toContain('503 Service Unavailable');
    expect(answer).toContain('"code":"shutting_down"');
    letGo();
    await begun;
    await drained;
  });

  it('answers what came on an idle connection while the process stood still', async () => {
    const lastRequestMs = 100;
    await gateway.drain(100);
    gateway = await startScriptedGateway({ lastRequestMs });
    // Places: may it go on, has it sent.
    const signs = new Int32Array(new SharedArrayBuffer(8));
    const workerData = { port: Number(new URL(gateway.url).port), signs };
    const client = new Worker(CLIENT, { eval: true, workerData });
    const answers: string[] = [];
    client.on('message', (text: string) => answers.push(text));
    await expect.poll(() => answers.join()).toContain('200 OK');
    // Timers come next, before anything is read.
    await setImmediate();
    const drained = gateway.drain(5_000);
    Atomics.store(signs, 0, 1);
    Atomics.notify(signs, 0);
    // From here on nothing runs in this thread until the request is sent and its time is over.
    Atomics.wait(signs, 1, 0);
    Atomics.wait(signs, 0, 1, 2 * lastRequestMs);
    await once(client, 'exit');
    expect(answers.join()).toContain('503 Service Unavailable');
    await drained;
  });
});

/** A thread that asks once, and once more on the same connection when it may. */
const CLIENT = `
  const { connect } = require('node:net');
  const { parentPort, workerData: { port, signs } } = require('node:worker_threads');
  const socket = connect(port, '127.0.0.1');
  const ask = (then) => socket.write('GET /healthz HTTP/1.1\\r\\nhost: x\\r\\n\\r\\n', then);
  socket.on('error', (error) => parentPort.postMessage(error.message));
  socket.on('data', (chunk) => parentPort.postMessage(chunk.toString()));
  socket.once('data', () => {
    Atomics.wait(signs, 0, 0);
    ask(() => {
      Atomics.store(signs, 1, 1);
      Atomics.notify(signs, 1);
    });
  });
  ask();
`;
