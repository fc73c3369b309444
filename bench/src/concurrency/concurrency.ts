import type { Benchmark, BenchSession, Comparison } from '../harness/benchmark.ts';
import { keepInFlight, ratePerSecond } from '../harness/keep-in-flight.ts';
import { startService } from '../processes/start-service.ts';
import { claimTopology } from '../queues/claim-topology.ts';
import { waitForTask } from '../submit/wait-for-task.ts';
import { ReferenceThreads } from './reference-threads.ts';

const TASKS = ['debug.echo', 'math.count-primes', 'math.is-prime', 'math.sum'];
const CALLS = 500;
const GATHERED = 500;
const COUNT_TO = 400_000_000;
const COUNT_PARTS = 20;
const ITEMS = 400_000;
const CHUNK = 10_000;
const FIRST_ITEM = 1_000_000_000_000;

/** What each tool of one process costs, and what does its job here: the figures of docs/concurrency.md. */
export const concurrency: Benchmark = {
  name: 'concurrency',
  about: 'calls, gathers and maps through broker and workers, against a pool of threads in one process',
  warmUp: true,
  prepare: async (session) => {
    await claimTopology(session, TASKS);
    for (const name of ['recorder', 'producer'] as const) await startService(session, name);
    await startService(session, 'consumer', { HEDDLE_TASKS: TASKS.join(',') });
    const { url } = await startService(session, 'gateway');
    for (const task of TASKS) await waitForTask(url, task);
    const threads = await ReferenceThreads.start(session);
    return measurements(session, new Gateway(url), threads);
  },
};

function measurements(session: BenchSession, gateway: Gateway, threads: ReferenceThreads): Comparison[] {
  const scaled = (count: number) => Math.max(1, Math.round(count * session.scale));
  const calls = scaled(CALLS);
  const gathered = scaled(GATHERED);
  const countTo = scaled(COUNT_TO);
  const items = Array.from({ length: scaled(ITEMS) }, (_, place) => FIRST_ITEM + place);
  const comparison = (name: string, unit: string, count: number, work: Work): Comparison => ({
    kind: 'comparison',
    name,
    unit,
    target: undefined,
    ours: () => ratePerSecond(count, work.ours),
    reference: () => ratePerSecond(count, work.reference),
  });
  return [
    comparison('one call after the other', 'calls/s', calls, {
      ours: () => keepInFlight(calls, 1, (n) => gateway.call(n)),
      reference: () => keepInFlight(calls, 1, (n) => threads.call({ echo: n })),
    }),
    comparison('64 calls at once', 'calls/s', 8 * calls, {
      ours: () => keepInFlight(8 * calls, 64, (n) => gateway.call(n)),
      reference: () => keepInFlight(8 * calls, 64, (n) => threads.call({ echo: n })),
    }),
    comparison(`gather of ${gathered}`, 'calls/s', gathered, {
      ours: () => gateway.gather(Array.from({ length: gathered }, (_, n) => n)),
      reference: () => keepInFlight(gathered, gathered, (n) => threads.call({ echo: n })),
    }),
    comparison(`map and reduce, ${COUNT_PARTS} parts`, 'numbers/s', countTo, {
      ours: () =>
        gateway.batch({
          task: 'math.count-primes',
          range: { from: 0, to: countTo, chunk: Math.ceil(countTo / COUNT_PARTS) },
          reduce: { task: 'math.sum' },
        }),
      reference: () =>
        keepInFlight(COUNT_PARTS, COUNT_PARTS, (part) => {
          const size = Math.ceil(countTo / COUNT_PARTS);
          return threads.call({ countFrom: part * size, to: Math.min((part + 1) * size, countTo) });
        }),
    }),
    comparison(`map in chunks of ${CHUNK}`, 'items/s', items.length, {
      ours: () => gateway.batch({ task: 'math.is-prime', inputs: items, chunk: CHUNK }),
      reference: () =>
        keepInFlight(Math.ceil(items.length / CHUNK), 1_000, (place) =>
          threads.call({ items: items.slice(place * CHUNK, (place + 1) * CHUNK) }),
        ),
    }),
  ];
}

interface Work {
  readonly ours: () => Promise<unknown>;
  readonly reference: () => Promise<unknown>;
}

/** As a client of REST uses it. */
class Gateway {
  readonly #url: string;

  constructor(url: string) {
    this.#url = url;
  }

  /** One job, waited for. */
  async call(input: unknown): Promise<void> {
    const { state } = await this.#post('/v1/jobs', { task: 'debug.echo', input }, { prefer: 'wait=30' });
    if (state !== 'succeeded') throw new Error(`expected a job to succeed, got ${String(state)}`);
  }

  async gather(inputs: readonly unknown[]): Promise<void> {
    const { complete } = await this.#post('/v1/gather', { task: 'debug.echo', inputs, deadline: '60s' });
    if (complete !== true) throw new Error('expected a gather to be complete');
  }

  /** A batch, waited for by its events. */
  async batch(body: object): Promise<void> {
    const { id } = await this.#post('/v1/batches', body);
    const events = await fetch(`${this.#url}/v1/batches/${String(id)}/events`);
    const text = await events.text();
    if (!text.includes('"state":"succeeded"'))
      throw new Error(`expected a batch to succeed, got ${text.slice(-500)}`);
  }

  async #post(
    path: string,
    body: object,
    headers: Record<string, string> = {},
  ): Promise<Record<string, unknown>> {
    const response = await fetch(this.#url + path, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify(body),
    });
    if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
    return (await response.json()) as Record<string, unknown>;
  }
}
