import { echoInput } from '../echo/reference-messages.ts';
import type { Benchmark } from '../harness/benchmark.ts';
import { residentMegabytes } from '../processes/measure-memory.ts';
import { type ServiceName, type ServiceProcess, startService } from '../processes/start-service.ts';
import { claimTopology } from '../queues/claim-topology.ts';
import { waitForTask } from '../submit/wait-for-task.ts';

const TASK = 'debug.echo';
const JOBS = 100_000;
const SMALL_JOBS = 10_000;
/** What a hundred thousand jobs may take beyond ten thousand: garbage that was not collected yet, but nothing that grows with them. */
const MOST_ABOVE_MB = 100;
const SAMPLE_MS = 200;
const LINES_A_CHUNK = 500;
const measured: readonly ServiceName[] = ['gateway', 'producer', 'recorder', 'consumer'];

/** The most resident memory of each service while a batch is uploaded, expanded, run and reduced. */
export const batchMemory: Benchmark = {
  name: 'batch-memory',
  about: 'peak memory of each service during a batch of 100,000 uploaded inputs, against one of 10,000',
  warmUp: false,
  prepare: async (session) => {
    await claimTopology(session, [TASK]);
    const running: ServiceProcess[] = [];
    for (const name of ['recorder', 'consumer', 'producer', 'gateway'] as const) {
      running.push(await startService(session, name, { HEDDLE_TASKS: TASK }));
    }
    const url = running.find(({ name }) => name === 'gateway')?.url ?? '';
    await waitForTask(url, TASK);
    const peaks = async (jobs: number): Promise<Map<ServiceName, number>> => {
      session.say(`a batch of ${jobs} jobs`);
      const sampler = new PeakSampler(running);
      await runBatch(url, jobs);
      return sampler.stop();
    };
    const small = await peaks(Math.max(100, Math.round(SMALL_JOBS * session.scale)));
    const large = await peaks(Math.max(1_000, Math.round(JOBS * session.scale)));
    return measured.map((name) => ({
      kind: 'limit',
      name: `batch-memory ${name}`,
      unit: 'MB',
      limit: MOST_ABOVE_MB,
      above: 'reference',
      ours: () => Promise.resolve(large.get(name) ?? 0),
      reference: () => Promise.resolve(small.get(name) ?? 0),
    }));
  },
};

/** Looks at the services' memory again and again, and keeps the most it saw. */
class PeakSampler {
  readonly #services: readonly ServiceProcess[];
  readonly #peaks = new Map<ServiceName, number>();
  readonly #timer: NodeJS.Timeout;
  #looking: Promise<void> | undefined;

  constructor(services: readonly ServiceProcess[]) {
    this.#services = services;
    this.#timer = setInterval(() => {
      this.#looking ??= this.#look().finally(() => {
        this.#looking = undefined;
      });
    }, SAMPLE_MS);
  }

  async stop(): Promise<Map<ServiceName, number>> {
    clearInterval(this.#timer);
    await this.#looking;
    await this.#look();
    return this.#peaks;
  }

  async #look(): Promise<void> {
    for (const { name, pid } of this.#services) {
      const { own } = await residentMegabytes(pid);
      this.#peaks.set(name, Math.max(own, this.#peaks.get(name) ?? 0));
    }
  }
}

async function runBatch(url: string, jobs: number): Promise<void> {
  const response = await fetch(`${url}/v1/batches?task=${TASK}&reduce=${TASK}`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-ndjson' },
    body: ReadableStream.from(inputLines(jobs)),
    duplex: 'half',
  });
  const answer = await response.text();
  if (response.status !== 202) throw new Error(`expected 202, got ${response.status}: ${answer}`);
  const { id } = JSON.parse(answer) as { id: string };
  for (;;) {
    const { state } = (await (await fetch(`${url}/v1/batches/${id}`)).json()) as { state: string };
    if (state === 'succeeded') return;
    if (state !== 'running') throw new Error(`expected the batch to succeed, it is ${state}`);
    await new Promise((resolve) => setTimeout(resolve, SAMPLE_MS));
  }
}

async function* inputLines(jobs: number): AsyncGenerator<Uint8Array> {
  for (let first = 0; first < jobs; first += LINES_A_CHUNK) {
    const count = Math.min(LINES_A_CHUNK, jobs - first);
    const lines = Array.from(
      { length: count },
      (_, index) => `${JSON.stringify(echoInput(first + index))}\n`,
    );
    yield Buffer.from(lines.join(''));
  }
}
