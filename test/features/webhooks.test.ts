import { afterEach, expect, test, vi } from 'vitest';
import { answering, type Receiver, startReceiver } from '../../services/notifier/test/receiver.ts';
import { sharedStack } from '../support/shared-stack.ts';

const { api } = sharedStack();
let receiver: Receiver;
afterEach(() => receiver.close());

const submit = async (job: object) => (await api.submit({ ...job, webhook: { url: receiver.url } })).id;
/** Waits until the delivery of a job's webhook, which is a job itself, looks like this. */
const untilDelivery = (job: string, expected: object) =>
  api.until(`/v1/jobs?tag=webhook:${job}`, { jobs: [expected] });

test('webhooks tell of a success and of a failure', async () => {
  receiver = await startReceiver(answering(200));
  const succeeded = await submit({ task: 'debug.echo', input: 7 });
  const failed = await submit({ task: 'debug.fail', input: { message: 'no' } });
  await vi.waitFor(() => expect(receiver.received).toHaveLength(2), { timeout: 60_000 });
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
  const job = await submit({ task: 'debug.echo', input: 7 });
  await untilDelivery(job, { state: 'retrying' });
  await untilDelivery(job, {
    state: 'succeeded',
    attempts: [{ error: { code: 'webhook_failed' } }, { error: null }],
  });
  expect(receiver.received).toHaveLength(2);
});
