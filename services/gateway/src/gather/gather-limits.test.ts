import type { ReplyQueue } from '@heddle/broker';
import { encodeResult, type Gathered, HeddleError, type TaskAnnouncement } from '@heddle/contracts';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { echoTask, type ScriptedGateway, startScriptedGateway } from '../../test/scripted-gateway.ts';
import { problemOf } from '../../test/send-requests.ts';
import { gatherJobs } from './gather-jobs.ts';

const MIB = 1024 * 1024;

it('results of more than 32 MiB together are left at their jobs, from the first that has no room on', async () => {
  const sizes = [12 * MIB, 12 * MIB, 12 * MIB, 10];
  const waiting = sizes.values();
  const replies = {
    name: 'heddle.replies.test',
    wait: (job: string) => {
      const { body, properties } = encodeResult(
        { job, state: 'succeeded', result: 'x'.repeat(waiting.next().value ?? 0) },
        job,
      );
      const from = { exchange: 'heddle.replies', routingKey: 'heddle.replies.test', redelivered: false };
      return Promise.resolve({ body, properties, ...from });
    },
  };
  const gathered = await gatherJobs(
    {
      broker: { replies: () => Promise.resolve(replies as unknown as ReplyQueue) },
      submitter: { submit: ({ id = '' }) => Promise.resolve({ id }) },
      ends: { watch: () => () => true },
    },
    sizes.map((bytes) => ({ task: 'test.large', input: bytes })),
    60_000,
    new AbortController().signal,
  );
  const seen = ({ result, omitted }: Gathered['results'][number]) => [
    String(result).length,
    omitted ?? false,
  ];
  expect(gathered).toMatchObject({ complete: false, succeeded: 4, unfinished: 0 });
  expect(gathered.results.map(seen)).toEqual([
    [12 * MIB, false],
    [12 * MIB, false],
    ['null'.length, true],
    ['null'.length, true],
  ]);
});

it('a job that the broker has not confirmed by the deadline is unfinished: the answer waits for nobody', async () => {
  const late = new HeddleError('broker_unavailable', 'no reply');
  const replies = { wait: () => Promise.reject(late) };
  const gathered = await gatherJobs(
    {
      broker: { replies: () => Promise.resolve(replies as unknown as ReplyQueue) },
      submitter: { submit: () => new Promise(() => undefined) },
      ends: { watch: () => () => true },
    },
    [{ task: 'debug.echo', input: 1 }],
    1,
    new AbortController().signal,
  );
  expect(gathered).toMatchObject({ unfinished: 1, results: [{ state: 'unfinished', error: null }] });
});

describe('a gateway', () => {
  let gateway: ScriptedGateway;
  beforeEach(async () => {
    const aggregating = ['data.aggregate', 'data.merge'].map(
      (name): TaskAnnouncement => ({ ...echoTask, name }),
    );
    gateway = await startScriptedGateway({ tasks: [echoTask, ...aggregating] });
  });
  afterEach(async () => {
    await gateway.drain(500);
    expect(gateway.admission.held).toBe(0);
  });

  it('gathers 5,000 jobs at once, and others when those are done', async () => {
    const asked: (() => void)[] = [];
    const gone = new HeddleError('broker_unavailable', 'gone');
    gateway.replies = () => new Promise<never>((_, reject) => asked.push(() => reject(gone)));
    const gather = (count: number) =>
      fetch(`${gateway.url}/v1/gather`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ task: 'debug.echo', inputs: Array.from({ length: count }, (_, n) => n) }),
      });
    const first = Array.from({ length: 5 }, () => gather(1_000));
    await expect.poll(() => asked.length).toBe(5);
    const refused = await gather(1);
    expect(refused.headers.get('retry-after')).toEqual(expect.any(String));
    expect(await problemOf(refused)).toMatchObject({ status: 503, code: 'overloaded' });
    for (const release of asked.splice(0)) release();
    await Promise.all(first);
    const later = gather(1);
    await expect.poll(() => asked.length).toBe(1);
    asked[0]?.();
    expect(await problemOf(await later)).toMatchObject({ code: 'broker_unavailable' });
  });

  it('aggregates twenty files at once, and others when those are done', async () => {
    const stopping: AbortController[] = [];
    const aggregate = (body: ReadableStream | string) => {
      const left = new AbortController();
      stopping.push(left);
      return fetch(`${gateway.url}/v1/aggregate`, {
        method: 'POST',
        headers: { 'content-type': 'text/csv' },
        body,
        duplex: 'half',
        signal: left.signal,
      } as RequestInit);
    };
    const refusal = async () => (await problemOf(await aggregate('city,amount\n'))).code;
    // Each has begun when its first bytes are taken.
    let begun = 0;
    const files = Array.from({ length: 20 }, () =>
      aggregate(
        new ReadableStream({
          pull: (controller) => {
            begun += 1;
            controller.enqueue(Buffer.from('city,'));
            return new Promise(() => undefined);
          },
        }),
      ).catch(() => undefined),
    );
    await expect.poll(() => begun).toBe(20);
    await expect.poll(refusal).toBe('overloaded');
    for (const left of stopping) left.abort();
    await Promise.all(files);
  });
});
