import { createHmac } from 'node:crypto';
import { afterEach, expect, test, vi } from 'vitest';
import {
  answering,
  type Received,
  type Receiver,
  startReceiver,
} from '../../services/notifier/test/receiver.ts';
import { sharedStack, WEBHOOK_SECRET } from '../support/shared-stack.ts';

const { api } = sharedStack();
let receiver: Receiver;
afterEach(() => receiver.close());

const submitFor = async (url: string, job: object = { task: 'debug.echo', input: 7 }) =>
  (await api.submit({ ...job, webhook: { url } })).id;
const submit = (job?: object) => submitFor(receiver.url, job);
/** Waits until the delivery of a job's webhook, which is a job itself, looks like this. */
const untilDelivery = (job: string, expected: object) =>
  api.until(`/v1/jobs?tag=webhook:${job}`, { jobs: [expected] });

/** As Standard Webhooks have it. */
function signatureOf({ headers, body }: Received): string {
  const key = Buffer.from(WEBHOOK_SECRET.slice('whsec_'.length), 'base64');
  const signed = `${headers['webhook-id']}.${headers['webhook-timestamp']}.${body}`;
  return `v1,${createHmac('sha256', key).update(signed).digest('base64')}`;
}

test('webhooks tell of a success and of a failure, signed', async () => {
  receiver = await startReceiver(answering(200));
  const succeeded = await submit({ task: 'debug.echo', input: 7 });
  const failed = await submit({ task: 'debug.fail', input: { message: 'no' } });
  await vi.waitFor(() => expect(receiver.received).toHaveLength(2), { timeout: 60_000 });
  for (const got of receiver.received) expect(got.headers['webhook-signature']).toBe(signatureOf(got));
  const told = receiver.received.map(
    ({ body }) => JSON.parse(body) as { type: string; data: { id: string } },
  );
  expect(told.find(({ data }) => data.id === succeeded)).toMatchObject({
    type: 'job.succeeded',
    data: { result: 7 },
  });
  expect(told.find(({ data }) => data.id === failed)).toMatchObject({
    type: 'job.failed',
    data: { error: { code: 'task_failed', message: 'no' } },
  });
  await untilDelivery(succeeded, { state: 'succeeded' });
});

test('a webhook that is refused is tried again, which its job shows', async () => {
  receiver = await startReceiver(answering(500, 200));
  const job = await submit();
  await untilDelivery(job, { state: 'retrying' });
  await untilDelivery(job, {
    state: 'succeeded',
    attempts: [{ error: { code: 'webhook_failed' } }, { error: null }],
  });
  expect(receiver.received).toHaveLength(2);
});

test('a receiver that is gone is asked no more, one that points elsewhere is not followed, a private one is not dialled', async () => {
  receiver = await startReceiver(answering(410));
  await untilDelivery(await submit(), { state: 'failed', error: { code: 'webhook_refused' } });
  expect(receiver.received).toHaveLength(1);
  await receiver.close();

  receiver = await startReceiver(answering(307));
  const pointed = await submit();
  await untilDelivery(pointed, { state: 'retrying' });
  const { jobs } = await api.get<{ jobs: { id: string }[] }>(`/v1/jobs?tag=webhook:${pointed}`);
  await api.call('DELETE', `/v1/jobs/${jobs[0]?.id}`);
  await untilDelivery(pointed, {
    state: 'cancelled',
    attempts: [{ error: { code: 'webhook_failed', message: expect.stringContaining('307') } }],
  });

  const hidden = await submitFor('http://10.0.0.1/hook');
  await untilDelivery(hidden, { state: 'failed', error: { code: 'webhook_refused' } });
});

test('a receiver that does not answer holds up no other', async () => {
  let open = 0;
  let most = 0;
  const silent = await startReceiver((_request, response) => {
    most = Math.max(most, ++open);
    response.once('close', () => (open -= 1));
  });
  receiver = await startReceiver(answering(200));
  await Promise.all(Array.from({ length: 12 }, () => submitFor(silent.url)));
  await vi.waitFor(() => expect(silent.received.length).toBeGreaterThan(0), { timeout: 60_000 });
  await untilDelivery(await submit(), { state: 'succeeded' });
  // So many posts one receiver may have at once.
  expect(most).toBeLessThanOrEqual(8);
  await silent.close();
});
