import { header, type ReceivedMessage } from '@heddle/contracts';
import { describe, expect, test } from 'vitest';
import { endJob } from './end-job.ts';
import { explainDrop } from './explain-drop.ts';

function dropped(given: Partial<ReceivedMessage>): ReceivedMessage {
  return {
    body: Buffer.from('{"a":1}'),
    exchange: 'heddle.dropped',
    routingKey: 'debug.echo',
    redelivered: false,
    properties: {},
    ...given,
  };
}

function died(reason: string, extra: object = {}, properties: ReceivedMessage['properties'] = {}) {
  const death = { reason, queue: 'heddle.jobs.debug.echo', exchange: 'heddle.jobs', count: 1, ...extra };
  return dropped({ properties: { ...properties, headers: { ...properties.headers, 'x-death': [death] } } });
}

describe('a message that the broker set aside', () => {
  test('because no queue is bound: names exchange and routing key', () => {
    const drop = explainDrop(dropped({ exchange: 'heddle.jobs', routingKey: 'no.such-task' }));
    expect(drop).toMatchObject({ code: 'unroutable_message', source: 'heddle.jobs' });
    expect(drop.ends).toBeUndefined();
    expect(drop.detail).toContain('"no.such-task"');
  });

  test('because no queue is bound, though it had died before somewhere else: is still unroutable', () => {
    const message = { ...died('expired'), exchange: 'heddle.jobs', routingKey: 'no.such-task' };
    expect(explainDrop(message).code).toBe('unroutable_message');
  });

  test('because it expired: names the queue, its time and the routing key', () => {
    const drop = explainDrop(died('expired', { 'original-expiration': '100' }));
    expect(drop).toMatchObject({
      code: 'message_expired',
      source: 'heddle.jobs.debug.echo',
      ends: 'expired',
    });
    expect(drop.detail).toBe('no worker took it before its expiration of 100 ms, routing key "debug.echo"');
  });

  test.each([
    ['rejected', 'unreadable_message', 'failed'],
    ['delivery_limit', 'crashed', 'dead'],
    ['maxlen', 'overloaded', 'dead'],
    ['something new', 'unroutable_message', undefined],
  ])('because of "%s": is %s', (reason, code, ends) => {
    expect(explainDrop(died(reason))).toMatchObject({ code, ends });
  });

  test.each([
    ['what is wrong with it', '{', undefined, /^body is not JSON: .*, routing key "debug.echo"$/],
    ['that it has no id', '1', undefined, /^message_id: expected the id of a job, got none, /],
    ['that nothing was said', '1', 'j1', /^a worker refused it without saying why, /],
  ])('because a consumer refused it without a word: says %s', (_what, body, messageId, detail) => {
    const message = { ...died('rejected', {}, messageId ? { messageId } : {}), body: Buffer.from(body) };
    expect(explainDrop(message).detail).toMatch(detail);
  });

  test.each([[undefined], ['text'], [[]], [[{ reason: 1 }]], [[null]]])(
    'with an x-death of %j, by a stranger: is unroutable, and no error',
    (death) => {
      const drop = explainDrop(dropped({ properties: { headers: { 'x-death': death } } }));
      expect(drop).toMatchObject({ code: 'unroutable_message', source: 'heddle.dropped' });
    },
  );
});

describe('the job of a message that the broker set aside', () => {
  const drop = explainDrop(died('expired'));

  test('that the recorder knows is expired', () => {
    const message = died('expired', {}, { messageId: 'j1', headers: { [header.accepted]: true } });
    expect(endJob(message, drop, 5)).toMatchObject([
      {
        type: 'expired',
        job: 'j1',
        task: 'debug.echo',
        attempt: 1,
        at: 5,
        error: { code: 'message_expired' },
      },
    ]);
  });

  test('of another AMQP client is accepted first', () => {
    const events = endJob(died('expired', {}, { messageId: 'j1' }), drop);
    expect(events.map(({ type }) => type)).toEqual(['accepted', 'expired']);
  });

  test('without an id is nobody’s', () => {
    expect(endJob(died('expired'), drop)).toEqual([]);
  });

  test('that cannot be read ends nothing', () => {
    expect(endJob({ ...died('expired', {}, { messageId: 'j1' }), body: Buffer.from('{') }, drop)).toEqual([]);
  });

  test('that was never queued ends nothing', () => {
    const message = dropped({ exchange: 'heddle.jobs', properties: { messageId: 'j1' } });
    expect(endJob(message, explainDrop(message))).toEqual([]);
  });
});
