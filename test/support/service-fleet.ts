import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, vi } from 'vitest';
import { type BrokerNode, startBroker } from './broker.ts';
import type { Posting } from './keep-posting.ts';
import { readAllJobs } from './read-jobs.ts';
import { type ServiceName, type ServiceProcess, startService } from './service-process.ts';
import { createStackDatabase, type StackDatabase } from './stack-database.ts';

const BATCH_JOBS = 2_000;
const READY_MS = 60_000;

/** Several processes of each service over a broker and a database of their own, to be replaced one by one while they work. */
export class ServiceFleet {
  /** In the order of their starts. */
  readonly running: ServiceProcess[] = [];
  readonly node: BrokerNode;
  readonly database: StackDatabase;
  readonly #data: string;

  private constructor(node: BrokerNode, database: StackDatabase, data: string) {
    this.node = node;
    this.database = database;
    this.#data = data;
  }

  /** With a broker, and no service yet. */
  static async open(): Promise<ServiceFleet> {
    const node = await startBroker();
    const data = await mkdtemp(join(tmpdir(), 'heddle-fleet-'));
    return new ServiceFleet(node, await createStackDatabase(), data);
  }

  /** Where the gateways are. */
  get gateways(): string[] {
    return this.running.filter(({ name }) => name === 'gateway').map(({ url }) => url ?? '');
  }

  /** More processes, all at once, of this version or of the one in that folder. */
  async start(
    names: readonly ServiceName[],
    until?: 'connecting to the broker' | 'started',
    version?: URL,
  ): Promise<void> {
    const starting = names.map((name) => startService(name, this.#env(), until, version));
    this.running.push(...(await Promise.all(starting)));
  }

  /** Stops one process in good order and starts another in its place, on its ports. Resolves when that is ready. */
  async replace(place: number, version?: URL): Promise<void> {
    const service = this.running.at(place);
    if (!service) throw new Error(`expected a process ${place} of ${this.running.length}`);
    expect([service.name, await service.stop()]).toEqual([service.name, 0]);
    const ports = {
      HEDDLE_OPS_PORT: String(service.ops),
      ...(service.url && { HEDDLE_HTTP_PORT: new URL(service.url).port }),
    };
    const next = await startService(service.name, { ...this.#env(), ...ports }, 'started', version);
    this.running[place] = next;
    await untilReady(next);
  }

  /** A batch of 2,000 jobs; gives its id. */
  async submitBatch(): Promise<string> {
    const answer = await fetch(`${this.gateways[0]}/v1/batches`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ task: 'debug.echo', range: { from: 0, to: BATCH_JOBS } }),
    });
    return ((await answer.json()) as { id: string }).id;
  }

  /** Every job that was accepted has succeeded, and so have all of these batches; clients saw nothing but "come again". */
  async expectNothingLost(load: Posting, batches: readonly string[]): Promise<void> {
    expect([...new Set(load.surprises)]).toEqual([]);
    const jobs = await readAllJobs(this.gateways[0] ?? '', load.accepted, AbortSignal.timeout(120_000));
    expect([...load.accepted].filter((id) => jobs.get(id)?.state !== 'succeeded')).toEqual([]);
    for (const id of batches)
      await vi.waitFor(
        async () => {
          const answer = await fetch(`${this.gateways[0]}/v1/batches/${id}`);
          expect(await answer.json()).toMatchObject({
            state: 'succeeded',
            counts: { succeeded: BATCH_JOBS },
          });
        },
        { timeout: READY_MS, interval: 200 },
      );
  }

  async stop(): Promise<void> {
    for (const service of this.running.toReversed()) await service.kill();
    await this.node.stop();
    await this.database.drop();
    await rm(this.#data, { recursive: true, force: true });
  }

  #env(): Record<string, string> {
    return {
      AMQP_URL: this.node.url,
      HEDDLE_DATA: this.#data,
      HEDDLE_DRAIN_SECONDS: '20',
      ...this.database.env,
    };
  }
}

/** Resolves when the service answers 200 on `/readyz`. */
export async function untilReady({ name, ops }: ServiceProcess): Promise<void> {
  const answer = async () => (await fetch(`http://127.0.0.1:${ops}/readyz`)).status;
  await vi.waitFor(async () => expect(await answer(), name).toBe(200), { timeout: READY_MS, interval: 50 });
}
