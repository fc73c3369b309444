import type { Problem } from '@heddle/contracts';
import { type Channel, type ChannelModel, connect, type GetMessage } from 'amqplib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sharedStack } from '../support/shared-stack.ts';

const { api, amqpUrl, pids } = sharedStack();
let foreign: ChannelModel;
let channel: Channel;

beforeAll(async () => {
  foreign = await connect(amqpUrl);
  channel = await foreign.createChannel();
});
afterAll(() => foreign?.close());

async function post(
  path: string,
  body: string | Buffer,
  type = 'application/json',
): Promise<Problem & { http: number }> {
  const response = await fetch(`${api.url}${path}`, {
    method: 'POST',
    headers: { 'content-type': type },
    body,
  });
  return { http: response.status, ...((await response.json()) as Problem) };
}

/** The next message in `heddle.dead`, where no other feature test puts any; waits for it, since it comes by way of a service. */
async function nextDead(): Promise<GetMessage> {
  const deadline = Date.now() + 60_000;
  for (;;) {
    const message = await channel.get('heddle.dead', { noAck: true });
    if (message) return message;
    if (Date.now() > deadline) throw new Error('nothing came to heddle.dead within a minute');
    await new Promise((resolve) => setImmediate(resolve));
  }
}

describe('bad input gets its answer', () => {
  it.each([
    ['malformed JSON', '{"task":', 400, 'invalid_json', /JSON/],
    [
      'a wrong type',
      '{"task":"debug.sleep","input":{"ms":"long"}}',
      422,
      'invalid_input',
      /input\.ms: expected/,
    ],
    [
      'a wrong priority',
      '{"task":"debug.echo","input":1,"priority":11}',
      422,
      'invalid_request',
      /priority: /,
    ],
    ['an unknown field', '{"task":"debug.echo","input":1,"colour":"red"}', 422, 'invalid_request', /colour/],
    ['an unknown task', '{"task":"no.such","input":1}', 404, 'unknown_task', /no\.such/],
    ['an array instead of an object', '[]', 422, 'invalid_request', /expected object/],
    ['a NUL character', '{"task":"debug.echo","input":"a\\u0000b"}', 422, 'invalid_request', /NUL/i],
  ])('over HTTP: %s', async (_what, body, status, code, detail) => {
    const answer = await post('/v1/jobs', body);
    expect(answer).toMatchObject({ http: status, status, code });
    expect(answer.detail).toMatch(detail);
  });

  it('over HTTP: a body of 20 MB', async () => {
    const answer = await post('/v1/thumbnails', Buffer.alloc(20_000_000), 'image/png');
    expect(answer).toMatchObject({ http: 413, code: 'payload_too_large' });
  });

  it('over HTTP: a wrong content type', async () => {
    expect(await post('/v1/jobs', 'task=debug.echo', 'text/plain')).toMatchObject({
      http: 415,
      code: 'unsupported_media_type',
    });
  });

  it('over HTTP: bytes that are no image fail as a job, with the reason', async () => {
    const response = await fetch(`${api.url}/v1/thumbnails`, {
      method: 'POST',
      headers: { 'content-type': 'image/png', prefer: 'wait=80' },
      body: 'certainly no image',
    });
    expect(await response.json()).toMatchObject({ state: 'failed', error: { code: 'image_unrecognised' } });
  });

  it.each([
    ['rubbish bytes', 'debug.echo', Buffer.from([0xff, 0x00, 0x7b]), {}, /unreadable_message: .*JSON/],
    [
      'a type that is not the routing key',
      'debug.echo',
      Buffer.from('1'),
      { type: 'debug.fail' },
      /type: expected/,
    ],
    [
      'a header of the wrong type',
      'debug.echo',
      Buffer.from('1'),
      { headers: { 'heddle-attempt': 'one' } },
      /heddle-attempt/,
    ],
    [
      'input that does not fit',
      'debug.sleep',
      Buffer.from('{"ms":-1}'),
      { messageId: 'foreign-1' },
      /invalid_input: .*ms/,
    ],
    ['a task that nobody serves', 'no.such', Buffer.from('1'), {}, /unroutable_message: .*no\.such/],
  ])('straight on the exchange: %s', async (_what, task, body, properties, reason) => {
    channel.publish('heddle.jobs', task, body, properties);
    const dead = await nextDead();
    expect(dead.content).toEqual(body);
    expect(dead.properties.headers?.['heddle-reason']).toMatch(reason);
  });

  it('straight on the exchange: a message without an id is adopted and runs', async () => {
    channel.publish('heddle.jobs', 'debug.echo', Buffer.from('{"from":"afar"}'), {
      headers: { 'heddle-tags': ['adopted'] },
    });
    await api.until('/v1/jobs?tag=adopted', { jobs: [{ state: 'succeeded', result: { from: 'afar' } }] });
  });

  it('rubbish on the event exchange is set aside, and the recorder goes on', async () => {
    channel.publish('heddle.events', 'event', Buffer.from('[{"type":"nonsense"}]'), {
      contentType: 'application/json',
    });
    const dead = await nextDead();
    expect(dead.properties.headers?.['heddle-reason']).toMatch(/events\.0/);
    const after = await api.submit({ task: 'debug.echo', input: 'still here' }, { prefer: 'wait=80' });
    expect(after).toMatchObject({ state: 'succeeded', result: 'still here' });
  });

  it('and no process has ended over it', () => {
    for (const pid of pids) expect(() => process.kill(pid, 0)).not.toThrow();
  });
});
