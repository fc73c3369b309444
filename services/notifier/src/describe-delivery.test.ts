import { type JobEvent, MAX_RECORDED_INPUT_BYTES } from '@heddle/contracts';
import { expect, test } from 'vitest';
import { deliveryInputSchema, describeDelivery } from './describe-delivery.ts';

const webhook = { url: 'https://example.org/hook' };
const base = { job: 'j1', task: 'debug.echo', generation: 0, attempt: 1, run: 'r', seq: 1, at: 0 };
const succeeded: JobEvent = { type: 'succeeded', ...base, worker: 'w', startedAt: 0, result: 7, webhook };

test('the end of a job with a webhook makes a delivery, whose input says what became of the job', () => {
  const delivery = describeDelivery(succeeded);
  expect(delivery).toMatchObject({ task: 'webhook.deliver', tags: ['webhook:j1'] });
  expect(deliveryInputSchema.parse(delivery?.input)).toEqual({
    url: webhook.url,
    event: {
      type: 'job.succeeded',
      timestamp: '1970-01-01T00:00:00.000Z',
      data: { id: 'j1', task: 'debug.echo', state: 'succeeded', result: 7 },
    },
  });
});

test('an end that is not success tells its error, without the stack', () => {
  const error = { code: 'task_failed', message: 'no', stack: 'secret' };
  const dead: JobEvent = { type: 'dead', ...base, worker: 'w', startedAt: 0, error, webhook };
  expect(describeDelivery(dead)?.input).toMatchObject({
    event: { type: 'job.dead', data: { state: 'dead', error: { code: 'task_failed', message: 'no' } } },
  });
  expect(JSON.stringify(describeDelivery(dead))).not.toContain('secret');
});

test('the same end makes the same delivery, a replayed job another', () => {
  const later: JobEvent = { ...succeeded, at: 99, run: 'another' };
  expect(describeDelivery(later)?.id).toBe(describeDelivery(succeeded)?.id);
  expect(describeDelivery({ ...succeeded, generation: 1 })?.id).not.toBe(describeDelivery(succeeded)?.id);
});

test('a result that is too long to be kept is left out', () => {
  const result = 'x'.repeat(MAX_RECORDED_INPUT_BYTES);
  const delivery = describeDelivery({ ...succeeded, result });
  expect(delivery?.input).toMatchObject({ event: { data: { resultOmitted: true } } });
  expect(JSON.stringify(delivery).length).toBeLessThan(10_000);
});

test('other events make none', () => {
  const { webhook: _, ...silent } = succeeded;
  const accepted: JobEvent = { type: 'accepted', ...base, priority: 4, webhook };
  expect([silent as JobEvent, accepted].map(describeDelivery)).toEqual([undefined, undefined]);
});
