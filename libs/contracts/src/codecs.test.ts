import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type ControlNews, decodeControl, encodeControl } from './control.ts';
import { decodeJob } from './decode-job.ts';
import { decodeEvents, encodeEvents, type JobEvent } from './event.ts';
import { type Decoded, header, type ReceivedMessage, type WireMessage } from './message.ts';
import { decodeOutputs, encodeOutputs } from './output.ts';
import { decodeReply, encodeReply } from './reply.ts';
import { decodeRequest, encodeRequest } from './request.ts';
import { decodeResult, decodeResults, encodeResult, joinResults } from './result.ts';

const decoders: Record<string, (message: ReceivedMessage) => Decoded<unknown>> = {
  job: decodeJob,
  events: decodeEvents,
  output: decodeOutputs,
  request: decodeRequest,
  reply: decodeReply,
  control: decodeControl,
  result: decodeResult,
  results: decodeResults,
};

function received(message: Pick<WireMessage, 'body' | 'properties'>): ReceivedMessage {
  return { ...message, exchange: 'any', routingKey: 'debug.echo', redelivered: false };
}

/** What a stranger, or a fault, may put on the wire: bytes, odd JSON, odd headers. */
const rubbish: fc.Arbitrary<ReceivedMessage> = fc.record({
  body: fc
    .oneof(
      fc.uint8Array(),
      fc.json().map((text) => Buffer.from(text)),
      fc
        .array(fc.record({ type: fc.constantFrom('accepted', 'started', 'failed', 'x'), job: fc.anything() }))
        .map((value) =>
          Buffer.from(JSON.stringify(value, (_, of: unknown) => (typeof of === 'bigint' ? 1 : of))),
        ),
      fc
        .constantFrom('null', '{"ok":false}', '{"ok":false,"error":null}', '[null]')
        .map((text) => Buffer.from(text)),
    )
    .map((bytes) => Buffer.from(bytes)),
  exchange: fc.string(),
  routingKey: fc.oneof(fc.string(), fc.constant('debug.echo')),
  redelivered: fc.boolean(),
  properties: fc.record(
    {
      contentType: fc.oneof(fc.string(), fc.constant('application/json'), fc.constant('image/png')),
      type: fc.string(),
      messageId: fc.string(),
      replyTo: fc.string(),
      correlationId: fc.string(),
      priority: fc.integer(),
      timestamp: fc.integer(),
      expiration: fc.string(),
      headers: fc.dictionary(fc.oneof(fc.constantFrom(...Object.values(header)), fc.string()), fc.anything()),
    },
    { requiredKeys: [] },
  ),
});

describe('rubbish', () => {
  test.each(Object.entries(decoders))('never makes the decoder of %s throw', (_, decode) => {
    fc.assert(
      fc.property(rubbish, (message) => {
        const decoded = decode(message);
        if (!decoded.ok) expect(decoded.reason).not.toBe('');
      }),
      { numRuns: 500 },
    );
  });
});

const base = { job: 'j1', task: 'debug.echo', generation: 0, attempt: 1, run: 'r1', seq: 0, at: 1_000 };
const events: readonly JobEvent[] = [
  { ...base, type: 'accepted', priority: 4, input: { a: [1, null] }, tags: ['x'], timeoutMs: 5 },
  { ...base, type: 'accepted', priority: 0, body: { type: 'image/png', bytes: 3 } },
  { ...base, type: 'started', worker: 'w' },
  { ...base, type: 'progress', worker: 'w', fraction: 0.5, note: 'half' },
  { ...base, type: 'succeeded', worker: 'w', startedAt: 900, result: { n: 1 }, outputs: [] },
  { ...base, type: 'failed', worker: 'w', startedAt: 900, error: { code: 'c', message: 'm' } },
  { ...base, type: 'expired', error: { code: 'message_expired', message: 'm' } },
];

describe('every codec gives back what it was given', () => {
  test('events', () => {
    expect(decodeEvents(received(encodeEvents(events, 'm1')))).toEqual({ ok: true, value: events });
  });

  test('outputs, several in one message', () => {
    const sha256 = 'a'.repeat(64);
    const described = { job: 'j1', run: 'r1', type: 'image/png', bytes: 3, sha256 };
    const small = { ...described, name: '64.png', body: Buffer.from('abc') };
    const empty = { ...described, name: 'empty.png', bytes: 0, body: Buffer.alloc(0) };
    const large = { ...described, name: '128.png', body: Buffer.from('def') };
    for (const outputs of [[small], [small, empty, large]] as const) {
      expect(decodeOutputs(received(encodeOutputs([...outputs])))).toEqual({ ok: true, value: outputs });
    }
  });

  test('outputs, unless their bytes are not all there', () => {
    const output = { job: 'j1', run: 'r1', name: 'n', type: '', bytes: 3, sha256: 'a'.repeat(64) };
    const message = received(encodeOutputs([{ ...output, body: Buffer.from('abc') }]));
    expect(decodeOutputs({ ...message, body: Buffer.from('ab') })).toEqual({
      ok: false,
      reason: 'body: expected 3 bytes, got 2',
    });
  });

  test('a request, with where its reply goes', () => {
    const message = encodeRequest({ op: 'job', id: 'j1' }, 'heddle.replies.me', 'c1', 5_000);
    expect(decodeRequest(received(message))).toEqual({
      ok: true,
      value: { request: { op: 'job', id: 'j1' }, replyTo: 'heddle.replies.me', correlationId: 'c1' },
    });
  });

  test('a reply', () => {
    const reply = { ok: true, value: { id: 'j1', repeated: false } } as const;
    expect(decodeReply<'submit'>(received(encodeReply('submit', reply, 'c1')))).toEqual({
      ok: true,
      value: reply,
    });
  });

  test('a reply that is an error', () => {
    const reply = { ok: false, error: { code: 'job_not_found', message: 'no job "x"' } } as const;
    expect(decodeReply<'job'>(received(encodeReply('job', reply, 'c1')))).toEqual({ ok: true, value: reply });
  });

  test("a reply that carries an output's bytes", () => {
    const value = { type: 'image/png', sha256: 'b'.repeat(64), body: Buffer.from([0, 1, 255]) };
    const message = encodeReply('output', { ok: true, value }, 'c1');
    expect(decodeReply<'output'>(received(message))).toEqual({ ok: true, value: { ok: true, value } });
  });

  test('control news', () => {
    const news = {
      type: 'worker',
      worker: 'w',
      tasks: ['debug.echo'],
      running: 2,
      leaving: false,
      at: 1,
    } satisfies ControlNews;
    expect(decodeControl(received(encodeControl(news)))).toEqual({ ok: true, value: news });
  });

  test('a result', () => {
    const result = { job: 'j1', state: 'succeeded', result: [1], outputs: [] } as const;
    expect(decodeResult(received(encodeResult(result, 'c1')))).toEqual({ ok: true, value: result });
  });

  test('a batch of results and news', () => {
    const standings = [
      { job: 'j1', state: 'succeeded', result: [1] },
      { job: 'j2', state: 'running', progress: { fraction: 0.5, note: 'half' } },
    ];
    const message = joinResults(standings.map((standing) => JSON.stringify(standing)));
    expect(decodeResults(received(message))).toEqual({ ok: true, value: standings });
  });
});
