import { decodeJob, header } from '@heddle/contracts';
import { describe, expect, it } from 'vitest';
import { holdDelivery } from '../../test/held-delivery.ts';
import { recordingWorker } from '../../test/recording-worker.ts';
import { adoptMessage } from './adopt-message.ts';

const nameless = (body = '{"from":"elsewhere"}') =>
  holdDelivery({
    body: Buffer.from(body),
    exchange: 'heddle.jobs',
    routingKey: 'debug.echo',
    redelivered: false,
    properties: {
      contentType: 'application/json',
      replyTo: 'heddle.replies.them',
      correlationId: 'c-1',
      headers: { mine: 'kept', CC: ['heddle.jobs.other'], 'x-death': [{ count: 1 }] },
    },
  });

describe('adoptMessage', () => {
  it('publishes the message again under a new id, for a worker to run', async () => {
    const worker = recordingWorker();
    const delivery = nameless();
    await adoptMessage(worker, delivery, 'debug.echo');
    const [adopted] = worker.published;
    expect(adopted).toMatchObject({ exchange: 'heddle.submit', routingKey: 'debug.echo' });
    const decoded = decodeJob({ ...delivery.message, ...adopted?.message });
    expect(decoded).toMatchObject({
      ok: true,
      value: {
        id: expect.stringMatching(/^[0-9a-f]{8}-[0-9a-f]{4}-7/) as string,
        input: { from: 'elsewhere' },
        accepted: false,
        priority: 4,
        replyTo: 'heddle.replies.them',
        correlationId: 'c-1',
      },
    });
    expect(delivery.settled).toBeUndefined();
  });

  it('keeps the headers of its client, but for those that tell a broker what to do', async () => {
    const worker = recordingWorker();
    await adoptMessage(worker, nameless(), 'debug.echo');
    expect(worker.published[0]?.message.properties.headers).toEqual({
      mine: 'kept',
      [header.accepted]: false,
    });
  });

  it('sets a message aside that is too large to publish again', async () => {
    const worker = recordingWorker({ maxMessageBytes: 10 });
    await adoptMessage(worker, nameless(), 'debug.echo');
    expect(worker.published.map((entry) => entry.exchange)).toEqual(['heddle.dead']);
    expect(worker.published[0]?.message.properties.headers?.[header.reason]).toMatch(
      /^message_too_large: expected a body of at most 10 bytes, got 20/,
    );
  });
});
