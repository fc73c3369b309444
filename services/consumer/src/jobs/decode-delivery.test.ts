import { describe, expect, it } from 'vitest';
import { received, someJob } from '../../test/held-delivery.ts';
import { decodeDelivery } from './decode-delivery.ts';

describe('decodeDelivery', () => {
  it('reads a job', () => {
    const job = someJob();
    expect(decodeDelivery(received(job), 'debug.echo')).toMatchObject({ is: 'job', job: { id: job.id } });
  });

  it('tells a job without an id, which is to be adopted', () => {
    const { properties } = received(someJob());
    const message = received(someJob(), { properties: { ...properties, messageId: undefined } });
    expect(decodeDelivery(message, 'debug.echo')).toEqual({ is: 'nameless' });
  });

  it('says why a message cannot be read', () => {
    const message = received(someJob(), { body: Buffer.from('{"half":') });
    expect(decodeDelivery(message, 'debug.echo')).toMatchObject({
      is: 'unreadable',
      reason: expect.stringContaining('body is not JSON') as string,
    });
  });

  it('does not run a job that was put into the queue of another task', () => {
    const message = received(someJob({ task: 'debug.sleep' }));
    expect(decodeDelivery(message, 'debug.echo')).toEqual({
      is: 'unreadable',
      reason: 'routing key: expected "debug.echo", got "debug.sleep"',
    });
  });
});
