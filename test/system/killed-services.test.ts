import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { startReceiver } from '../../services/notifier/test/receiver.ts';
import { HttpApi } from '../support/http-api.ts';
import { SystemStack } from '../support/system-stack.ts';

const REQUESTS = 50;

let stack: SystemStack;
/** Of two gateways; `one` is the stack's first. */
let one: HttpApi;
let other: HttpApi;

beforeAll(async () => {
  stack = await SystemStack.start({
    services: ['gateway', 'gateway', 'recorder', 'consumer', 'producer', 'notifier'],
    env: { HEDDLE_WEBHOOK_ALLOW: '127.0.0.0/8', HEDDLE_DRAIN_SECONDS: '3' },
  });
  [one, other] = stack.all('gateway').map(({ url = '' }) => new HttpApi(url)) as [HttpApi, HttpApi];
});
afterAll(() => stack?.stop());

describe('of two gateways', () => {
  it('one cancels a running job that the other took', async () => {
    const { id } = await one.submit({ task: 'debug.sleep', input: { ms: 120_000 } });
    await other.untilJob(id, { state: 'running' });
    expect((await other.call('DELETE', `/v1/jobs/${id}?reason=enough`)).status).toBe(202);
    await other.untilJob(id, { state: 'cancelled', error: { code: 'cancelled', message: 'enough' } });
    expect((await other.call('DELETE', `/v1/jobs/${id}`)).status).toBe(200);
  });

  it('whichever is asked, a key has one unfinished job', async () => {
    const job = { task: 'debug.sleep', input: { ms: 60_000 }, key: 'tenant-7' };
    const submit = (gateway: HttpApi, body: object) => gateway.call('POST', '/v1/jobs', body);
    const answers = await Promise.all(
      Array.from({ length: REQUESTS }, (_, n) => submit(n % 2 === 0 ? one : other, job)),
    );
    const taken = answers.filter(({ status }) => status === 202);
    const refused = answers.filter(({ body }) => body['code'] === 'key_in_use');
    expect([taken.length, refused.length]).toEqual([1, REQUESTS - 1]);
    const returned = await submit(other, { ...job, onConflict: 'return' });
    expect(returned.body['id']).toBe(taken[0]?.body['id']);
    const cancelled = await one.call('DELETE', `/v1/jobs/${returned.body['id']}`);
    expect([200, 202]).toContain(cancelled.status);
    const later = { ...job, delay: '1h' };
    await expect.poll(async () => (await submit(one, later)).status, { timeout: 60_000 }).toBe(202);
  });
});

describe('a kill -9', () => {
  it('of the producer in the middle of a batch leaves no gap and makes no second job', async () => {
    const total = 4_000;
    const batch = { task: 'debug.echo', range: { from: 0, to: total, chunk: 1 } };
    const { id } = (await one.call<{ id: string }>('POST', '/v1/batches', batch)).body;
    const page = `/v1/batches/${id}`;
    const counts = async () => (await one.get<{ counts: { succeeded: number } }>(page)).counts;
    await vi.waitFor(async () => expect((await counts()).succeeded).toBeGreaterThan(200), {
      timeout: 60_000,
      interval: 10,
    });
    await stack.killAndRestart(stack.of('producer'));
    await one.until(page, { state: 'succeeded', counts: { total, succeeded: total } }, 120_000);
    const numbers: number[] = [];
    for (let first: number | null = 0; first !== null; ) {
      const { results, next }: { results: { result: { from: number } }[]; next: number | null } =
        await one.get(`${page}/results?first=${first}&limit=1000`);
      numbers.push(...results.map(({ result }) => result.from));
      first = next;
    }
    expect(numbers).toEqual(Array.from({ length: total }, (_, index) => index));
  });

  it('of the notifier in the middle of a post brings the webhook again, with the same id', async () => {
    let isOpen = false;
    const { url, received, close } = await startReceiver((_request, response) => {
      if (isOpen) response.end();
    });
    const { id } = await one.submit({ task: 'debug.echo', input: 7, webhook: { url } });
    await vi.waitFor(() => expect(received).toHaveLength(1), { timeout: 60_000 });
    isOpen = true;
    await stack.killAndRestart(stack.of('notifier'));
    await one.until(`/v1/jobs?tag=webhook:${id}`, { jobs: [{ state: 'succeeded' }] });
    expect(new Set(received.map(({ headers }) => headers['webhook-id'])).size).toBe(1);
    await close();
  });

  it('of recorder and worker forgets no cancel: the job is not run when its time comes', async () => {
    // Long enough that it still rests when it is cancelled, on a machine that stands still for a while too.
    const cancelled = await one.submit({ task: 'debug.echo', input: 'never', delay: '10s' });
    const marker = await one.submit({ task: 'debug.echo', input: 'runs', delay: '11s' });
    expect([cancelled.state, marker.state]).toEqual(['delayed', 'delayed']);
    await other.untilJob(cancelled.id, { state: 'delayed' });
    expect((await other.call('DELETE', `/v1/jobs/${cancelled.id}`)).status).toBe(200);
    await Promise.all([
      stack.killAndRestart(stack.of('recorder')),
      stack.killAndRestart(stack.of('consumer')),
    ]);
    await other.untilJob(marker.id, { state: 'succeeded' });
    expect(await other.show(cancelled.id)).toMatchObject({ state: 'cancelled', result: null });
  });

  it('of a gateway among requests with one idempotency key leaves one job', async () => {
    const headers = { 'idempotency-key': 'order-4711' };
    const job = { task: 'debug.echo', input: { order: 4711 }, tags: ['order'] };
    /** Undefined when the gateway was killed before it answered. */
    const submit = (gateway: HttpApi, body: object) =>
      gateway.call('POST', '/v1/jobs', body, headers).catch(() => undefined);
    const asked = Array.from({ length: REQUESTS }, (_, n) => submit(n % 2 === 0 ? one : other, job));
    await Promise.any(asked);
    await stack.kill(stack.of('gateway'));
    const answers = await Promise.all(asked);
    const ids = new Set(answers.flatMap((answer) => (answer?.status === 202 ? [answer.body['id']] : [])));
    expect(ids.size).toBe(1);
    await other.until('/v1/jobs?tag=order', { jobs: [{ state: 'succeeded' }] });

    const again = await submit(other, job);
    expect([again?.status, again?.body['id']]).toEqual([202, [...ids][0]]);
    const otherPayload = await submit(other, { ...job, input: { order: 4712 } });
    expect([otherPayload?.status, otherPayload?.body['code']]).toEqual([422, 'idempotency_key_reused']);
  });
});
