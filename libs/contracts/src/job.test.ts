import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decodeJob } from './decode-job.ts';
import { DEFAULT_PRIORITY, encodeJob, type Job, jobHeadersSchema, jobOptionsSchema } from './job.ts';
import { header, type ReceivedMessage, type WireMessage } from './message.ts';

const printable = fc.stringMatching(/^[\x21-\x7e]{1,50}$/);
const taskName = fc.stringMatching(/^[a-z][a-z0-9-]{0,8}(\.[a-z0-9][a-z0-9-]{0,8}){1,3}$/);
/** Any JSON value, as it looks after one trip through JSON (which has no −0). */
const json = fc.jsonValue().map((value) => JSON.parse(JSON.stringify(value)) as unknown);

const job: fc.Arbitrary<Job> = fc.record({
  id: printable,
  task: taskName,
  input: json,
  bytes: fc.option(
    fc.record({
      body: fc.uint8Array().map((bytes) => Buffer.from(bytes)),
      type: fc.constantFrom('image/png', 'application/octet-stream', 'text/csv'),
    }),
    { nil: undefined },
  ),
  priority: fc.integer({ min: 0, max: 9 }),
  generation: fc.nat(1_000),
  attempt: fc.integer({ min: 1, max: 1_000 }),
  tags: fc.array(fc.stringMatching(/^[^\0]{1,100}$/), { maxLength: 20 }),
  timeoutMs: fc.option(fc.integer({ min: 1, max: 365 * 86_400_000 }), { nil: undefined }),
  retry: fc.option(
    fc.record({ attempts: fc.integer({ min: 1, max: 100 }), jitter: fc.constantFrom(0, 0.25, 1) }),
    { nil: undefined },
  ),
  deadline: fc.option(fc.nat(), { nil: undefined }),
  webhook: fc.option(fc.constant({ url: 'https://example.org/hook' }), { nil: undefined }),
  batch: fc.option(fc.record({ id: printable, index: fc.nat() }), { nil: undefined }),
  acceptedAt: fc.nat(),
  accepted: fc.boolean(),
  replyTo: fc.option(printable, { nil: undefined }),
  correlationId: fc.option(printable, { nil: undefined }),
  traceparent: fc.option(printable, { nil: undefined }),
});

function received(message: Pick<WireMessage, 'body' | 'properties'>, routingKey: string): ReceivedMessage {
  return { ...message, exchange: 'heddle.submit', routingKey, redelivered: false };
}

function decodeJson(text: string, properties: WireMessage['properties'] = {}) {
  return decodeJob(received({ body: Buffer.from(text), properties }, 'debug.echo'));
}

describe('a job', () => {
  test('comes out of its message as it went in', () => {
    fc.assert(
      fc.property(job, (given) => {
        const decoded = decodeJob(received(encodeJob(given), given.task));
        const input = given.bytes ? (given.input ?? {}) : given.input;
        expect(decoded).toEqual({ ok: true, value: { ...given, input } });
      }),
    );
  });

  test('of another client needs nothing but a routing key and JSON', () => {
    const decoded = decodeJson('{"a":1}');
    expect(decoded).toMatchObject({
      ok: true,
      value: {
        id: '',
        task: 'debug.echo',
        input: { a: 1 },
        priority: DEFAULT_PRIORITY,
        attempt: 1,
        accepted: false,
      },
    });
  });

  test('with headers that nobody knows is read all the same', () => {
    expect(decodeJson('1', { headers: { 'x-anything': { nested: true }, constructor: 1 } }).ok).toBe(true);
  });

  test('is refused for exactly those headers that do not fit their schema', () => {
    const values = fc.constantFrom<unknown[]>(
      0,
      1,
      -1,
      true,
      false,
      null,
      'x',
      '10s',
      [],
      ['a'],
      {},
      {
        id: 'b',
        index: 0,
      },
    );
    const headers = fc.dictionary(fc.constantFrom(...Object.keys(jobHeadersSchema.shape)), values);
    fc.assert(
      fc.property(headers, (given) => {
        const decoded = decodeJson('1', { headers: given });
        const issues = jobHeadersSchema.safeParse(given).error?.issues ?? [];
        const missed = issues.filter(({ path }) => decoded.ok || !decoded.reason.includes(String(path[0])));
        expect(missed).toEqual([]);
        expect(decoded.ok).toBe(issues.length === 0);
      }),
    );
  });

  test('with a priority beyond the bounds gets the nearest', () => {
    expect(decodeJson('1', { priority: 200 })).toMatchObject({ value: { priority: 9 } });
  });

  test.each([
    ['a body that is not JSON', '{', {}, /not JSON/],
    [
      'a type that is not the routing key',
      '1',
      { type: 'other.task' },
      /expected the routing key "debug.echo"/,
    ],
    ['an attempt that is no number', '1', { headers: { [header.attempt]: 'two' } }, /heddle-attempt/],
    ['tags that are no texts', '1', { headers: { [header.tags]: [1] } }, /heddle-tags/],
    ['an id with a space', '1', { messageId: 'a b' }, /message_id/],
    [
      'input beside bytes that is not JSON',
      '1',
      { contentType: 'image/png', headers: { [header.input]: '{' } },
      /heddle-input/,
    ],
  ])('with %s is refused, and the reason says where', (_, body, properties, reason) => {
    expect(decodeJson(body, properties)).toEqual({ ok: false, reason: expect.stringMatching(reason) });
  });

  test('of a routing key that is no task is refused', () => {
    const decoded = decodeJob(received({ body: Buffer.from('1'), properties: {} }, 'Not A Task'));
    expect(decoded).toEqual({ ok: false, reason: expect.stringContaining('routing key') });
  });
});

describe("a job's options", () => {
  test('refuse what this version does not know', () => {
    expect(jobOptionsSchema.safeParse({ fairness: 'x' }).success).toBe(false);
  });

  test('refuse what is none of their kind', () => {
    for (const field of ['webhook', 'delay', 'runAt', 'ttl', 'retry', 'onConflict']) {
      expect(jobOptionsSchema.safeParse({ [field]: 'x' }).success, field).toBe(false);
    }
    expect(jobOptionsSchema.safeParse({ webhook: { url: 'https://user:secret@example.org' } }).success).toBe(
      false,
    );
  });

  test('refuse NUL in tags, which PostgreSQL cannot store', () => {
    expect(jobOptionsSchema.safeParse({ tags: ['a\0b'] }).success).toBe(false);
  });
});
