import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import type { JobView } from '@heddle/contracts';
import { expect } from 'vitest';
import { startBroker } from './broker.ts';
import { readAllJobs } from './read-jobs.ts';
import { SystemStack } from './system-stack.ts';

const ACCOUNTS = ['alice', 'bob', 'carol'];
const DEPOSITORS = 5;
const WITHDRAWERS = 5;
const READERS = 16;
const BETWEEN_MS = 60;

interface Entry {
  readonly task: 'ledger.deposit' | 'ledger.withdraw';
  readonly input: { readonly account: string; readonly amount: number };
}

/**
 * Has 5 clients deposit and 5 withdraw for so long, and meanwhile kills workers and the recorder, stalls a worker until
 * others have its keys and lets it go on, and restarts the broker. Fails unless every job that got a 202 has ended, what
 * the accounts have is the sum of what succeeded, each account's balances are one chain, and none was ever negative.
 */
export async function surviveLedger(forMs: number): Promise<void> {
  const node = await startBroker();
  try {
    const stack = await SystemStack.start({
      amqpUrl: node.url,
      services: ['recorder', 'gateway', 'consumer', 'consumer', 'producer'],
      tasks: 'ledger.*',
    });
    try {
      const began = Date.now();
      const accepted = new Set<string>();
      const clients = [
        ...Array.from({ length: DEPOSITORS }, () => client(stack, 'ledger.deposit', began + forMs, accepted)),
        ...Array.from({ length: WITHDRAWERS }, () =>
          client(stack, 'ledger.withdraw', began + forMs, accepted),
        ),
      ];
      const caused = await causeFaults(stack, node, began, forMs);
      await Promise.all(clients);
      await judge(stack, accepted, caused);
    } finally {
      await stack.stop();
    }
  } finally {
    await node.stop();
  }
}

async function client(
  stack: SystemStack,
  task: Entry['task'],
  until: number,
  accepted: Set<string>,
): Promise<void> {
  const isDeposit = task === 'ledger.deposit';
  while (Date.now() < until) {
    const account = ACCOUNTS[Math.floor(Math.random() * ACCOUNTS.length)];
    const amount = 1 + Math.floor(Math.random() * (isDeposit ? 20 : 30));
    const input = { account, amount, ...(!isDeposit && { deadline: '6s' }) };
    accepted.add(await submitOnce(stack, { task, input }));
    await pause(BETWEEN_MS);
  }
}

/** Asks with one key until there is an answer: a submit that was cut off and one that was refused look alike. */
async function submitOnce(stack: SystemStack, job: object): Promise<string> {
  const key = { 'idempotency-key': randomUUID() };
  for (;;) {
    const answer = await stack.api.call('POST', '/v1/jobs', job, key).catch(() => undefined);
    if (answer?.status === 202) return answer.body['id'] as string;
    await pause(BETWEEN_MS);
  }
}

type Fault = readonly [share: number, what: string, cause: () => Promise<unknown>];

/** Each at its share of the time, or as soon as the one before is done. */
async function causeFaults(
  stack: SystemStack,
  node: Awaited<ReturnType<typeof startBroker>>,
  began: number,
  forMs: number,
): Promise<string[]> {
  const [first, stalled] = stack.all('consumer');
  if (!first || !stalled) throw new Error('expected two workers');
  const signal = (name: 'SIGSTOP' | 'SIGCONT') => () => Promise.resolve(process.kill(stalled.pid, name));
  let worker = first;
  const killWorker = async () => {
    worker = await stack.killAndRestart(worker);
  };
  const faults: readonly Fault[] = [
    [0.1, 'kill -9 a worker', killWorker],
    [0.25, 'stall the other worker', signal('SIGSTOP')],
    [0.35, 'kill -9 the recorder', () => stack.killAndRestart(stack.of('recorder'))],
    [0.45, 'restart the broker', () => node.restart()],
    [0.65, 'kill -9 a worker again', killWorker],
    [0.8, 'let the stalled worker go on', signal('SIGCONT')],
    [0.9, 'kill -9 the broker', () => node.kill().then(() => node.start())],
  ];
  const caused: string[] = [];
  try {
    for (const [share, what, cause] of faults) {
      await pause(Math.max(0, began + share * forMs - Date.now()));
      await cause();
      caused.push(what);
    }
  } finally {
    process.kill(stalled.pid, 'SIGCONT');
  }
  return caused;
}

async function judge(stack: SystemStack, accepted: ReadonlySet<string>, caused: readonly string[]) {
  const { url } = stack.api;
  const seen = await readAllJobs(url, accepted, AbortSignal.timeout(240_000));
  const forgotten = [...accepted].filter((id) => seen.get(id)?.ended !== true);
  expect(forgotten).toEqual([]);
  const jobs = await readEach(stack, [...seen.keys()]);
  const outcomes = new Map<string, number>();
  for (const { task, state, error } of jobs) {
    const outcome = `${task} ${state} ${error?.code ?? ''}`.trim();
    outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
  }
  const waited = jobs.filter(({ attempts }) => attempts.length > 1).length;
  console.log(
    `${caused.join(', ')}: ${accepted.size} accepted, ${jobs.length} jobs, ${waited} with several attempts; ` +
      [...outcomes].map(([outcome, count]) => `${outcome}: ${count}`).join(', '),
  );
  expect([...outcomes.keys()]).toEqual(
    expect.arrayContaining(['ledger.deposit succeeded', 'ledger.withdraw succeeded']),
  );
  const others = [...outcomes.keys()].filter(
    (outcome) => !/ succeeded$|^ledger\.withdraw failed insufficient_funds$/.test(outcome),
  );
  expect(others).toEqual([]);
  for (const account of ACCOUNTS) await judgeAccount(stack, account, jobs);
}

/** Every effect made one balance of another; together they lead from nothing to what the account has, each used once. */
async function judgeAccount(stack: SystemStack, account: string, jobs: readonly JobView[]): Promise<void> {
  const look = { task: 'ledger.balance', input: { account } };
  const { result } = await stack.api.ended((await stack.api.submit(look)).id);
  const { balance } = result as { balance: number };
  const effects = jobs
    .filter((job) => job.state === 'succeeded')
    .map(({ task, input, result: made }) => ({
      ...(input as Entry['input']),
      sign: task === 'ledger.deposit' ? 1 : task === 'ledger.withdraw' ? -1 : 0,
      after: (made as { balance: number }).balance,
    }))
    .filter((effect) => effect.account === account && effect.sign !== 0);
  expect(effects.reduce((sum, { sign, amount }) => sum + sign * amount, 0)).toBe(balance);
  expect(effects.filter(({ after }) => after < 0)).toEqual([]);
  const sorted = (balances: readonly number[]) => balances.toSorted((a, b) => a - b);
  const befores = effects.map(({ after, sign, amount }) => after - sign * amount);
  expect(sorted([...befores, balance])).toEqual(sorted([0, ...effects.map(({ after }) => after)]));
}

async function readEach(stack: SystemStack, ids: readonly string[]): Promise<JobView[]> {
  const jobs: JobView[] = [];
  const left = ids.values();
  const read = async () => {
    for (const id of left) jobs.push(await stack.api.ended(id));
  };
  await Promise.all(Array.from({ length: READERS }, read));
  return jobs;
}
