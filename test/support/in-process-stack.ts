import { setMaxListeners } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Broker, connectBroker } from '@heddle/broker';
import {
  createMetrics,
  type RunningService,
  type ServiceContext,
  type ServiceMetrics,
  type ServiceName,
} from '@heddle/service';
import { pino } from 'pino';
import type { z } from 'zod';
import { selectTasks } from '../../services/consumer/src/registry/select-tasks.ts';
import { settings as workerSettings } from '../../services/consumer/src/settings.ts';
import { startWorker } from '../../services/consumer/src/start-worker.ts';
import { gatewaySettings } from '../../services/gateway/src/settings.ts';
import { startGateway } from '../../services/gateway/src/start-gateway.ts';
import { producerSettings } from '../../services/producer/src/settings.ts';
import { startProducer } from '../../services/producer/src/start-producer.ts';
import { startRecorder } from '../../services/recorder/src/start-recorder.ts';
import { untilKnown } from './await-tasks.ts';
import { createVhost, type TestVhost } from './broker.ts';
import { createStackDatabase, type StackDatabase } from './stack-database.ts';

/** A service within the test's own process, with its connection to the broker. */
export interface InProcessService {
  readonly broker: Broker;
  readonly url: string;
  /** As at `/metrics`. */
  readonly metrics: ServiceMetrics;
  stop(): Promise<void>;
}

/** Starts services on one broker and stops what it started, last first. */
export class InProcessStack {
  readonly #amqpUrl: string;
  readonly #vhost: TestVhost | undefined;
  readonly #running = new Set<InProcessService>();
  readonly #gateways = new Set<InProcessService>();
  readonly #tasks = new Set<string>();
  #folder: Promise<string> | undefined;
  #database: Promise<StackDatabase> | undefined;
  #count = 0;

  /** On a virtual host of its own, which goes with it. */
  static async open(): Promise<InProcessStack> {
    const vhost = await createVhost();
    return new InProcessStack(vhost.url, vhost);
  }

  /** `vhost`: one to drop with the stack. */
  constructor(amqpUrl: string, vhost?: TestVhost) {
    this.#amqpUrl = amqpUrl;
    this.#vhost = vhost;
  }

  /** Of `open`. */
  get vhost(): TestVhost {
    if (!this.#vhost) throw new Error('expected a stack on a virtual host of its own');
    return this.#vhost;
  }

  /** The recorder keeps its database when it is stopped and started again. */
  async startRecorder(): Promise<InProcessService> {
    const folder = await (this.#folder ??= mkdtemp(join(tmpdir(), 'heddle-test-')));
    const { env } = await (this.#database ??= createStackDatabase());
    return this.#start('recorder', gatewaySettings, {}, ({ broker, log, metrics }) =>
      startRecorder({
        broker,
        log,
        meters: metrics.meters,
        database: { folder, url: env.DATABASE_URL },
        retentionMs: 86_400_000,
      }),
    );
  }

  startProducer(settings: Record<string, string> = {}): Promise<InProcessService> {
    return this.#start('producer', producerSettings, settings, startProducer);
  }

  /** Resolves when the gateways know its tasks too. */
  async startWorker(tasks: string): Promise<InProcessService> {
    const worker = await this.#start('consumer', workerSettings, { HEDDLE_TASKS: tasks }, startWorker);
    for (const name of (await selectTasks(tasks)).keys()) this.#tasks.add(name);
    await Promise.all([...this.#gateways].map((gateway) => this.#untilKnown(gateway)));
    return worker;
  }

  /** Resolves when it knows the tasks of the workers that were started before. */
  async startGateway(settings: Record<string, string> = {}): Promise<InProcessService> {
    const env = { HEDDLE_HTTP_PORT: '0', ...settings };
    const gateway = await this.#start('gateway', gatewaySettings, env, startGateway);
    this.#gateways.add(gateway);
    await this.#untilKnown(gateway);
    return gateway;
  }

  async stop(): Promise<void> {
    for (const service of [...this.#running].toReversed()) await service.stop();
    await (await this.#database)?.drop();
    if (this.#folder) await rm(await this.#folder, { recursive: true, force: true });
    await this.#vhost?.drop();
  }

  async #untilKnown({ url }: InProcessService): Promise<void> {
    if (this.#tasks.size > 0) await untilKnown(url, [...this.#tasks]);
  }

  async #start<S extends z.ZodObject>(
    name: ServiceName,
    schema: S,
    env: Record<string, string>,
    start: (context: ServiceContext<z.infer<S>>) => Promise<RunningService>,
  ): Promise<InProcessService> {
    const instance = `${name}-${process.pid}-${++this.#count}`;
    const log = pino({ level: process.env['LOG_LEVEL'] ?? 'silent', base: { service: name } });
    const draining = new AbortController();
    setMaxListeners(0, draining.signal);
    const settings = schema.parse({ AMQP_URL: this.#amqpUrl, HEDDLE_DRAIN_SECONDS: '5', ...env });
    const { HEDDLE_MAX_MESSAGE_BYTES: maxMessageBytes } = settings as { HEDDLE_MAX_MESSAGE_BYTES?: number };
    const metrics = createMetrics(name);
    const broker = await connectBroker({
      url: this.#amqpUrl,
      service: name,
      instance,
      log,
      observer: metrics.brokerObserver,
      ...(maxMessageBytes !== undefined && { maxMessageBytes }),
    });
    metrics.watchBroker(broker);
    const running = await start({
      settings,
      log,
      metrics,
      instance,
      broker,
      signal: draining.signal,
    });
    const service: InProcessService = {
      broker,
      metrics,
      url: running.url ?? '',
      stop: async () => {
        if (!this.#running.delete(service)) return;
        this.#gateways.delete(service);
        draining.abort();
        await running.drain();
        await broker.close();
      },
    };
    this.#running.add(service);
    return service;
  }
}
