import { createHash } from 'node:crypto';
import {
  encodeEvents,
  encodeOutputs,
  type JobEvent,
  type ReceivedMessage,
  type WireMessage,
} from '@heddle/contracts';
import { describe, expect, test } from 'vitest';
import { accepted, failed } from '../test/job-events.ts';
import { readDelivery } from './read-delivery.ts';

const received = (
  message: Pick<WireMessage, 'body' | 'properties'>,
  routingKey: string,
): ReceivedMessage => ({
  body: message.body,
  properties: message.properties,
  exchange: 'heddle.events',
  routingKey,
  redelivered: false,
});
const readEvents = (...events: JobEvent[]) => readDelivery(received(encodeEvents(events, 'm'), 'event'));

describe('reading a delivery', () => {
  test('gives an item for each event', () => {
    const events = [accepted('a'), accepted('b')];
    expect(readEvents(...events)).toMatchObject(events.map((event) => ({ kind: 'event', event })));
  });

  test('lets NUL through where it is stored as JSON', () => {
    expect(readEvents(accepted('a', { input: 'x\0y' }))).toMatchObject([{ kind: 'event' }]);
  });

  test('refuses NUL where it is stored as plain text', () => {
    for (const event of [
      accepted('a', { tags: ['x\0y'] }),
      failed('a', 'x\0y'),
      accepted('a', { run: '\0' }),
    ]) {
      expect(readEvents(event)).toMatchObject([{ kind: 'dead', reason: expect.stringContaining('NUL') }]);
    }
  });

  test('keeps body and headers of what it cannot read, and adds the reason', () => {
    const body = Buffer.from('[{}]');
    const [item] = readDelivery(
      received({ body, properties: { headers: { x: 1 }, expiration: '5' } }, 'event'),
    );
    expect(item).toMatchObject({
      kind: 'dead',
      outgoing: {
        exchange: 'heddle.dead',
        message: {
          kind: 'events',
          body,
          properties: { headers: { x: 1, 'heddle-source': 'heddle.events.recorder' } },
        },
      },
    });
    expect(item).not.toHaveProperty('outgoing.message.properties.expiration', '5');
  });

  test('checks the hash of an output', () => {
    const body = Buffer.from('bytes');
    const sha256 = createHash('sha256').update(body).digest('hex');
    const output = { job: 'a', run: 'r', name: 'n', type: 'text/plain', bytes: body.length, sha256, body };
    expect(readDelivery(received(encodeOutputs([output]), 'output'))).toMatchObject([
      { kind: 'output', output },
    ]);
    const torn = encodeOutputs([{ ...output, body: Buffer.from('tears') }]);
    expect(readDelivery(received(torn, 'output'))).toMatchObject([{ kind: 'dead' }]);
  });
});
