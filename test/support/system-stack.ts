import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { awaitTasks } from './await-tasks.ts';
import { createVhost, type TestVhost } from './broker.ts';
import { HttpApi } from './http-api.ts';
import { type ServiceName, type ServiceProcess, startService } from './service-process.ts';
import { createStackDatabase, embeddedDatabase, type StackDatabase } from './stack-database.ts';

export interface StackOptions {
  /** One process each; a name may stand twice. Default: all five. */
  readonly services?: readonly ServiceName[];
  /** `HEDDLE_TASKS` of its workers; default `debug.*`. */
  readonly tasks?: string;
  /** Settings for all of them. */
  readonly env?: Record<string, string>;
  /** Default: a virtual host of its own on the run's shared node. */
  readonly amqpUrl?: string;
  /** SQLite in `HEDDLE_DATA`, whatever the run's database is. */
  readonly embedded?: true;
}

const ALL: readonly ServiceName[] = ['gateway', 'recorder', 'consumer', 'producer', 'notifier'];

/** Drained in this order, as `npm start` does it: what takes work in, what does it, what remembers it. */
const STAGES: readonly (readonly ServiceName[])[] = [
  ['gateway', 'producer'],
  ['consumer'],
  ['notifier', 'recorder'],
];

/** Built services on a virtual host and a data folder of their own, for a test that stops, kills or counts them. */
export class SystemStack {
  /** Its first gateway; one that is started again keeps the port. */
  readonly api = new HttpApi(() => this.of('gateway').url ?? '');
  readonly amqpUrl: string;
  /** `HEDDLE_DATA`. */
  readonly folder: string;
  readonly #env: Record<string, string>;
  readonly #vhost: TestVhost | undefined;
  readonly #database: StackDatabase;
  #running: ServiceProcess[] = [];

  private constructor(
    options: StackOptions,
    folder: string,
    vhost: TestVhost | undefined,
    database: StackDatabase,
  ) {
    this.#vhost = vhost;
    this.#database = database;
    this.folder = folder;
    this.amqpUrl = options.amqpUrl ?? vhost?.url ?? '';
    this.#env = {
      AMQP_URL: this.amqpUrl,
      HEDDLE_DATA: folder,
      HEDDLE_TASKS: options.tasks ?? 'debug.*',
      ...database.env,
      ...options.env,
    };
  }

  /** Resolves once all are up and, if there are workers, the gateways know the tasks that are served. */
  static async start(options: StackOptions = {}): Promise<SystemStack> {
    const vhost = options.amqpUrl === undefined ? await createVhost() : undefined;
    const folder = await mkdtemp(join(tmpdir(), 'heddle-system-'));
    const database = options.embedded ? embeddedDatabase : await createStackDatabase();
    const stack = new SystemStack(options, folder, vhost, database);
    const services = options.services ?? ALL;
    try {
      await Promise.all(services.map((name) => stack.start(name)));
      await awaitTasks(
        stack.all('consumer'),
        stack.all('gateway').map(({ url = '' }) => url),
      );
    } catch (error) {
      await stack.stop();
      throw error;
    }
    return stack;
  }

  /** Starts another process of a service. */
  async start(name: ServiceName, env: Record<string, string> = {}): Promise<ServiceProcess> {
    const service = await startService(name, { ...this.#env, ...env });
    this.#running.push(service);
    return service;
  }

  get services(): readonly ServiceProcess[] {
    return this.#running;
  }

  /** Its processes of this name that have not been killed, the oldest first. */
  all(name: ServiceName): ServiceProcess[] {
    return this.#running.filter((service) => service.name === name);
  }

  /** The oldest of them. */
  of(name: ServiceName): ServiceProcess {
    const [oldest] = this.all(name);
    if (!oldest) throw new Error(`expected a ${name} in this stack, got none`);
    return oldest;
  }

  /** `kill -9`, as a power cut would end it. */
  async kill(service: ServiceProcess): Promise<void> {
    await service.kill();
    this.#running = this.#running.filter((other) => other !== service);
  }

  /** Kills it and starts another in its place, on the same ports. */
  async killAndRestart(service: ServiceProcess): Promise<ServiceProcess> {
    await this.kill(service);
    const port = service.url && { HEDDLE_HTTP_PORT: new URL(service.url).port };
    return this.start(service.name, { HEDDLE_OPS_PORT: String(service.ops), ...port });
  }

  /** Drains and ends all, and removes what they kept. */
  async stop(): Promise<void> {
    for (const stage of STAGES) {
      await Promise.all(stage.flatMap((name) => this.all(name)).map((service) => service.stop()));
    }
    this.#running = [];
    await this.#vhost?.drop();
    await this.#database.drop();
    await rm(this.folder, { recursive: true, force: true });
  }
}
