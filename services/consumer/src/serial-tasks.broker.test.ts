import { newJobId } from '@heddle/client';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createVhost, type TestVhost } from '../../../test/support/broker.ts';
import { InProcessStack } from '../../../test/support/in-process-stack.ts';
import { postJob } from '../test/post-job.ts';

let vhost: TestVhost;
let stack: InProcessStack;
beforeEach(async () => {
  vhost = await createVhost();
  stack = new InProcessStack(vhost.url);
  await stack.startRecorder();
});
afterEach(async () => {
  await stack.stop();
  await vhost.drop();
});

describe('the ledger', () => {
  it('has exactly 100 after 100 deposits of 1 by 10 clients', async () => {
    await stack.startWorker('ledger.*');
    const { url } = await stack.startGateway();
    const account = newJobId();
    const client = async () => {
      const balances: number[] = [];
      for (let i = 0; i < 10; i++) {
        const job = await postJob(url, { task: 'ledger.deposit', input: { account, amount: 1 } }, 20);
        expect(job).toMatchObject({ state: 'succeeded' });
        balances.push((job.result as { balance: number }).balance);
      }
      return balances;
    };
    const balances = (await Promise.all(Array.from({ length: 10 }, client))).flat();
    expect(balances.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 100 }, (_, i) => i + 1));
    const balance = { task: 'ledger.balance', input: { account } };
    expect(await postJob(url, balance, 10)).toMatchObject({ result: { account, balance: 100 } });
  });

  it('lets a withdrawal wait until the account has the amount, or its deadline has passed', async () => {
    await stack.startWorker('ledger.*');
    const { url } = await stack.startGateway();
    const account = newJobId();
    const withdraw = (amount: number, deadline: string | number) =>
      postJob(url, { task: 'ledger.withdraw', input: { account, amount, deadline } }, 20);
    const deposit = (amount: number) =>
      postJob(url, { task: 'ledger.deposit', input: { account, amount } }, 20);
    const refused = { state: 'failed', error: { code: 'insufficient_funds' } };
    expect(await withdraw(1, 0)).toMatchObject(refused);
    const waiting = withdraw(30, '20s');
    await vi.waitFor(async () => expect(await inState(url, 'delayed')).toHaveLength(1));
    expect(await withdraw(5, 300)).toMatchObject(refused);
    await deposit(20);
    await deposit(15);
    const withdrawn = await waiting;
    expect(withdrawn).toMatchObject({ state: 'succeeded', result: { balance: 5 }, error: null });
    expect(withdrawn.attempts.length).toBeGreaterThan(1);
  });
});

describe('tickets', () => {
  it('are never oversold: of 1,000 people exactly 100 get one of 100 seats', async () => {
    await stack.startWorker('tickets.*');
    const { url } = await stack.startGateway();
    const event = newJobId();
    const reserve = { task: 'tickets.reserve', input: { event } };
    expect(await postJob(url, reserve, 20)).toMatchObject({ error: { code: 'event_not_found' } });
    await postJob(url, { task: 'tickets.open', input: { event, seats: 100 } }, 20);
    const answers = await postLines(
      url,
      Array.from({ length: 1_000 }, () => reserve),
    );
    expect(answers.filter(({ id }) => id !== undefined)).toHaveLength(1_000);
    await vi.waitFor(
      async () => {
        expect(await countIn(url, 'tickets.reserve')).toEqual({ succeeded: 100, failed: 901 });
      },
      { timeout: 20_000, interval: 200 },
    );
  });
});

async function inState(url: string, state: string): Promise<unknown[]> {
  const answer = (await (await fetch(`${url}/v1/jobs?state=${state}`)).json()) as { jobs: unknown[] };
  return answer.jobs;
}

async function countIn(url: string, task: string): Promise<unknown> {
  const { queues } = (await (await fetch(`${url}/v1/queues`)).json()) as {
    queues: { task: string; jobs: unknown }[];
  };
  return queues.find((queue) => queue.task === task)?.jobs;
}

/** Posts jobs in one go; the answers in order. */
async function postLines(url: string, jobs: readonly object[]): Promise<{ id?: string }[]> {
  const response = await fetch(`${url}/v1/jobs/bulk`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-ndjson' },
    body: jobs.map((job) => JSON.stringify(job)).join('\n'),
  });
  const text = await response.text();
  return text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { id?: string });
}
