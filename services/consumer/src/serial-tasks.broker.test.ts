import { newJobId } from '@heddle/client';
import type { JobView } from '@heddle/contracts';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { builtFile } from '../../../test/support/built-file.ts';
import { HttpApi } from '../../../test/support/http-api.ts';
import { type InProcessService, InProcessStack } from '../../../test/support/in-process-stack.ts';
import { openGate } from '../../../test/support/tasks/gates.ts';
import { atGates, held, secondAttempts } from '../test/tasks/serial-tasks.ts';

const SERIAL_TASKS = builtFile(new URL('../test/tasks/serial-tasks.ts', import.meta.url));
const SOON = { timeout: 30_000, interval: 50 };

let stack: InProcessStack;
let recorder: InProcessService;
beforeEach(async () => {
  stack = await InProcessStack.open();
  recorder = await stack.startRecorder();
});
afterEach(() => stack.stop());

describe('the ledger', () => {
  it('has exactly 100 after 100 deposits of 1 by 10 clients', async () => {
    await stack.startWorker('ledger.*');
    const { url } = await stack.startGateway();
    const account = newJobId();
    const client = async () => {
      const balances: number[] = [];
      for (let i = 0; i < 10; i++) {
        const job = await postJob(url, { task: 'ledger.deposit', input: { account, amount: 1 } });
        expect(job).toMatchObject({ state: 'succeeded' });
        balances.push((job.result as { balance: number }).balance);
      }
      return balances;
    };
    const balances = (await Promise.all(Array.from({ length: 10 }, client))).flat();
    expect(balances.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 100 }, (_, i) => i + 1));
    const balance = { task: 'ledger.balance', input: { account } };
    expect(await postJob(url, balance)).toMatchObject({ result: { account, balance: 100 } });
  });

  it('lets a withdrawal wait until the account has the amount, or its deadline has passed', async () => {
    await stack.startWorker('ledger.*');
    const { url } = await stack.startGateway();
    const account = newJobId();
    const withdraw = (amount: number, deadline: string | number) =>
      postJob(url, { task: 'ledger.withdraw', input: { account, amount, deadline } });
    const deposit = (amount: number) => postJob(url, { task: 'ledger.deposit', input: { account, amount } });
    const refused = { state: 'failed', error: { code: 'insufficient_funds' } };
    expect(await withdraw(1, 0)).toMatchObject(refused);
    const waiting = withdraw(30, '1h');
    await vi.waitFor(async () => expect(await inState(url, 'delayed')).toHaveLength(1), SOON);
    expect(await withdraw(5, 300)).toMatchObject(refused);
    await deposit(20);
    await deposit(15);
    const withdrawn = await waiting;
    expect(withdrawn).toMatchObject({ state: 'succeeded', result: { balance: 5 }, error: null });
    expect(withdrawn.attempts.length).toBeGreaterThan(1);
  });
});

describe('jobs of one key', () => {
  const count = (url: string, key: string, succeedsAt = 1) =>
    postJob(url, { task: 'serial.count', input: { key, succeedsAt } });

  it('wait while the one in front of them is tried again, and come after it', async () => {
    await stack.startWorker(SERIAL_TASKS);
    const { url } = await stack.startGateway();
    const key = newJobId();
    await count(url, key);
    const input = { key, succeedsAt: 3, secondAt: newJobId() };
    const inFront = postJob(url, { task: 'serial.count', input });
    await vi.waitFor(() => expect(secondAttempts).toContain(input.secondAt), SOON);
    const api = new HttpApi(url);
    const { id } = await api.submit({ task: 'serial.count', input: { key } });
    openGate(input.secondAt);
    const behind = await api.ended(id);
    expect(behind).toMatchObject({ state: 'succeeded', result: 3, attempts: [{ number: 1 }] });
    expect(await inFront).toMatchObject({ state: 'succeeded', result: 2, attempts: [{}, {}, { number: 3 }] });
  });

  it('are dead when their attempts are used up, change nothing, and once replayed count once', async () => {
    await stack.startWorker(SERIAL_TASKS);
    const { url } = await stack.startGateway();
    const key = newJobId();
    const dead = await count(url, key, 4);
    expect(dead).toMatchObject({ state: 'dead', error: { code: 'task_failed' } });
    expect(await count(url, key)).toMatchObject({ result: 1 });
    const again = { ids: [dead.id], input: { key, succeedsAt: 2 } };
    expect(await post(`${url}/v1/dead/replay`, again)).toMatchObject({ replayed: 1 });
    await vi.waitFor(async () => {
      expect(await get(`${url}/v1/jobs/${dead.id}`)).toMatchObject({ state: 'succeeded', result: 2 });
    }, SOON);
    expect(await count(url, key)).toMatchObject({ result: 3 });
  });

  it('that wait for a change can be cancelled, and change nothing when it comes', async () => {
    await stack.startWorker('ledger.*');
    const { url } = await stack.startGateway();
    const account = newJobId();
    const input = { account, amount: 10 };
    await postJob(url, { task: 'ledger.deposit', input: { account, amount: 1 } });
    const waiting = postJob(url, { task: 'ledger.withdraw', input: { ...input, deadline: '1h' } });
    await vi.waitFor(async () => expect(await inState(url, 'delayed')).toHaveLength(1), SOON);
    const [{ id }] = (await inState(url, 'delayed')) as [{ id: string }];
    await fetch(`${url}/v1/jobs/${id}`, { method: 'DELETE' });
    expect(await waiting).toMatchObject({ state: 'cancelled' });
    const deposited = await postJob(url, { task: 'ledger.deposit', input });
    expect(deposited).toMatchObject({ result: { balance: 11 } });
    const balance = { task: 'ledger.balance', input: { account } };
    expect(await postJob(url, balance)).toMatchObject({ result: { balance: 11 } });
  });
});

it('a job whose run outlasts its delivery is not run again when it comes again', async () => {
  const worker = await stack.startWorker(SERIAL_TASKS);
  const { url } = await stack.startGateway();
  const [key, gate, next] = [newJobId(), newJobId(), newJobId()];
  const submit = (at: string) => post(`${url}/v1/jobs`, { task: 'serial.gated', input: { key, gate: at } });
  const { id } = (await submit(gate)) as JobView;
  await vi.waitFor(() => expect(atGates).toEqual([gate]), SOON);
  const closedAt = Date.now();
  await stack.vhost.closeConnections();
  // It comes again, on the next connection, and its run can tell the recorder of its end.
  const again = () =>
    worker.broker
      .health()
      .consumers.filter(({ queue }) => queue.startsWith('heddle.serial.serial.gated'))
      .filter(
        ({ state, since, held: unsettled }) => state === 'consuming' && since > closedAt && unsettled > 0,
      );
  await vi.waitFor(() => {
    expect(again()).toHaveLength(1);
    for (const { broker } of [worker, recorder]) expect(broker.health()).toMatchObject({ ok: true });
  }, SOON);
  openGate(gate);
  const ended = (job: string) =>
    vi.waitFor(
      async () => expect(await get(`${url}/v1/jobs/${job}`)).toMatchObject({ result: 'ended' }),
      SOON,
    );
  await ended(id);
  // What comes after it in its key comes after its second delivery, too.
  openGate(next);
  const behind = await vi.waitFor(async () => {
    const job = (await submit(next)) as JobView;
    expect(job.id).toBeDefined();
    return job;
  }, SOON);
  await ended(behind.id);
  expect(atGates).toEqual([gate, next]);
});

it('a worker that leaves ends what runs of a paused task, and begins nothing that waits for a slot', async () => {
  const worker = await stack.startWorker(SERIAL_TASKS);
  const { url } = await stack.startGateway();
  const submit = (key: string) => post(`${url}/v1/jobs`, { task: 'serial.hold', input: { key } });
  await submit('a');
  await vi.waitFor(() => expect(held).toEqual(['a']), SOON);
  await submit('b');
  const inPartitions = async () =>
    (await stack.vhost.listQueues())
      .filter(({ name }) => name.startsWith('heddle.serial.serial.hold'))
      .map(({ unacked }) => unacked)
      .reduce((sum, unacked) => sum + unacked, 0);
  await vi.waitFor(async () => expect(await inPartitions()).toBe(2), SOON);
  await post(`${url}/v1/queues/serial.hold/pause`, {});
  const consumers = () => worker.broker.inspectQueue('heddle.jobs.serial.hold');
  await vi.waitFor(async () => expect(await consumers()).toMatchObject({ consumers: 0 }), SOON);
  await worker.stop();
  expect(held).toEqual(['a']);
});

describe('tickets', () => {
  it('are never oversold: of 1,000 people exactly 100 get one of 100 seats', async () => {
    await stack.startWorker('tickets.*');
    const { url } = await stack.startGateway();
    const event = newJobId();
    const reserve = { task: 'tickets.reserve', input: { event } };
    expect(await postJob(url, reserve)).toMatchObject({ error: { code: 'event_not_found' } });
    await postJob(url, { task: 'tickets.open', input: { event, seats: 100 } });
    const answers = await postLines(
      url,
      Array.from({ length: 1_000 }, () => reserve),
    );
    expect(answers.filter(({ id }) => id !== undefined)).toHaveLength(1_000);
    await vi.waitFor(
      async () => {
        expect(await countIn(url, 'tickets.reserve')).toEqual({ succeeded: 100, failed: 901 });
      },
      { timeout: 60_000, interval: 200 },
    );
  });
});

/** Posts a job and waits for its end. */
function postJob(url: string, job: object): Promise<JobView> {
  return new HttpApi(url).submit(job, { prefer: 'wait=100' });
}

async function get(url: string): Promise<unknown> {
  return (await fetch(url)).json();
}

async function post(url: string, body: object): Promise<unknown> {
  const headers = { 'content-type': 'application/json' };
  return (await fetch(url, { method: 'POST', headers, body: JSON.stringify(body) })).json();
}

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
