import { header } from '@heddle/contracts';
import { expect, it } from 'vitest';
import { holdDelivery, received, someJob } from '../../test/held-delivery.ts';
import { recordingWorker } from '../../test/recording-worker.ts';
import { setAside } from './set-aside.ts';

it('copies a message to heddle.dead with its reason and source, and leaves the delivery alone', async () => {
  const worker = recordingWorker();
  const delivery = holdDelivery(received(someJob({ id: 'job-1' })));
  await setAside(worker, delivery, 'debug.echo', { code: 'unreadable_message', detail: 'no JSON' });
  expect(worker.published).toHaveLength(1);
  expect(worker.published[0]).toMatchObject({ exchange: 'heddle.dead', routingKey: '' });
  const { body, properties } = worker.published[0]?.message ?? {};
  expect(body).toEqual(delivery.message.body);
  expect(properties).toMatchObject({
    messageId: 'job-1',
    headers: {
      [header.reason]: 'unreadable_message: no JSON',
      [header.source]: 'heddle.jobs.debug.echo',
    },
  });
  expect(delivery.settled).toBeUndefined();
});
