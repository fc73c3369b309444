import { describe, expect, test } from 'vitest';
import { toDeadMessage } from './dead-message.ts';
import { header, type ReceivedMessage } from './message.ts';

const received: ReceivedMessage = {
  body: Buffer.from('0123456789'),
  exchange: 'heddle.jobs',
  routingKey: 'no.such-task',
  redelivered: false,
  properties: {
    messageId: 'j1',
    contentType: 'text/plain',
    expiration: '100',
    transient: true,
    headers: { mine: 1, 'x-death': [{}], 'x-first-death-queue': 'q', CC: ['elsewhere'] },
  },
};
const reason = { code: 'unroutable_message', detail: 'nobody is bound', source: 'heddle.jobs' } as const;

describe('a message for heddle.dead', () => {
  test('keeps its body and properties, with reason and source', () => {
    const { kind, body, properties } = toDeadMessage('job', received, reason, 100);
    expect(kind).toBe('job');
    expect(body).toBe(received.body);
    expect(properties).toMatchObject({ messageId: 'j1', contentType: 'text/plain' });
    expect(properties.headers).toMatchObject({
      mine: 1,
      [header.reason]: 'unroutable_message: nobody is bound',
      [header.source]: 'heddle.jobs',
    });
  });

  test('stays there: it is durable and does not expire', () => {
    const { properties } = toDeadMessage('job', received, reason, 100);
    expect(properties).toMatchObject({ expiration: undefined, transient: false });
  });

  test('loses the headers by which the broker would drop it or send it elsewhere', () => {
    const { headers } = toDeadMessage('job', received, reason, 100).properties;
    expect(Object.keys(headers ?? {}).toSorted()).toEqual([header.reason, header.source, 'mine'].toSorted());
  });

  test('is cut when it is larger than a message may be, and says so', () => {
    const { body, properties } = toDeadMessage('job', received, reason, 4);
    expect(body.toString()).toBe('0123');
    expect(properties.headers?.[header.reason]).toMatch(/; the body was cut from 10 bytes$/);
  });

  test('loses headers that would not fit into a frame beside the reason, and says so', () => {
    const headers = { large: 'x'.repeat(100_000), long: 2n ** 60n };
    const { properties } = toDeadMessage('job', { ...received, properties: { headers } }, reason, 100);
    expect(properties.headers).toEqual({
      [header.reason]: 'unroutable_message: nobody is bound; its headers were too large and left out',
      [header.source]: 'heddle.jobs',
    });
  });
});
