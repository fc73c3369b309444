import { setMaxListeners } from 'node:events';
import { hostname } from 'node:os';
import { type Broker, openBroker } from '@heddle/broker';
import { startTracing, stopTracing } from '@heddle/tracing';
import { type Logger, pino } from 'pino';
import type { z } from 'zod';
import { brokerAddress } from './broker-address.ts';
import { endsWithin } from './ends-within.ts';
import { createMetrics, type ServiceMetrics, version } from './metrics/create-metrics.ts';
import type { ServiceName } from './metrics/table/metric-entry.ts';
import { startOpsServer } from './ops-server.ts';
import { setHeapGrowth } from './set-heap-growth.ts';
import { BadSettingError, type BaseSettings, EXIT_BAD_SETTINGS, readSettings } from './settings.ts';
import { onShutdown } from './shutdown.ts';

/** What a service gets to work with. */
export interface ServiceContext<Settings> {
  readonly settings: Settings;
  readonly log: Logger;
  readonly metrics: ServiceMetrics;
  /** Unique to this process; names its own queues on the broker. */
  readonly instance: string;
  readonly broker: Broker;
  /** Aborted when draining begins. */
  readonly signal: AbortSignal;
}

/** What a service gives back once it is up. */
export interface RunningService {
  /** Reasons why it is not ready besides the broker's; absent or empty: it is. */
  notReady?(): readonly string[];
  /** Stops taking, finishes what was begun, flushes. The broker connection is closed afterwards. */
  drain(): Promise<void>;
  /** Where it can be reached, for the line that says that it has started. */
  readonly url?: string;
}

export interface ServiceDefinition<S extends z.ZodObject> {
  readonly name: ServiceName;
  /** The default of `HEDDLE_OPS_PORT`. */
  readonly opsPort: number;
  /** Extends `baseSettings`. */
  readonly settings: S;
  /** `start` is called while the broker may still be away: for a service that answers somebody in the meantime. Default false. */
  readonly startsWithoutBroker?: boolean;
  start(context: ServiceContext<z.infer<S>>): Promise<RunningService>;
}

/** How long closing the broker connections may take after the service itself has drained. */
const CLOSE_MS = 5_000;
/** How long the export of the last spans may take. */
const EXPORT_MS = 3_000;

/**
 * The life of a service's process: settings → log, metrics, ops port → broker → `start` (before the broker, if it can) → wait → drain → exit.
 * Exit codes: 0 drained, 1 crashed or did not drain in time, 78 bad settings.
 */
export async function runService<S extends z.ZodObject>(definition: ServiceDefinition<S>): Promise<void> {
  setHeapGrowth();
  const settings = readSettings(definition.settings) as z.infer<S> & BaseSettings;
  const log = pino(
    { level: settings.LOG_LEVEL, base: { service: definition.name, pid: process.pid } },
    // Written at once: pino's own buffer is flushed at exit in a loop that never ends when nobody reads the pipe any more.
    pino.destination({ dest: 1, sync: true }),
  );
  endOnUncaughtErrors(log);

  const draining = new AbortController();
  // Whatever waits listens to it, such as each request of a gateway.
  setMaxListeners(0, draining.signal);
  onShutdown(
    (reason) => {
      log.info({ reason, limitSeconds: settings.HEDDLE_DRAIN_SECONDS }, 'draining');
      draining.abort();
    },
    () => {
      log.warn('asked again: ending without draining');
      process.exit(1);
    },
  );

  await startTracing({
    service: `heddle-${definition.name}`,
    version,
    onError: (reason) => log.warn({ reason }, 'spans are lost: they cannot be exported'),
  });
  const metrics = createMetrics(definition.name);
  const instance = `${definition.name}-${hostname()}-${process.pid}-${Date.now().toString(36)}`;
  let broker: Broker | undefined;
  let running: RunningService | undefined;
  const ops = await startOpsServer({
    host: settings.HEDDLE_OPS_HOST,
    port: settings.HEDDLE_OPS_PORT ?? definition.opsPort,
    registry: metrics.registry,
    notReady: () => {
      if (draining.signal.aborted) return ['draining'];
      const reasons = [...(broker?.health().reasons ?? []), ...(running?.notReady?.() ?? [])];
      return running || reasons.length > 0 ? reasons : ['starting'];
    },
  });

  try {
    broker = openBroker({
      ...brokerAddress(settings),
      service: definition.name,
      instance,
      log,
      observer: metrics.brokerObserver,
      maxMessageBytes: settings.HEDDLE_MAX_MESSAGE_BYTES,
    });
    metrics.watchBroker(broker);
    const context = { settings, log, metrics, instance, broker, signal: draining.signal };
    if (definition.startsWithoutBroker) running = await definition.start(context);
    log.info({ ops: ops.port, url: running?.url }, 'connecting to the broker');
    await broker.connected(draining.signal);
    running ??= await definition.start(context);
    log.info({ ops: ops.port, url: running.url, broker: broker.version, version }, 'started');
  } catch (error) {
    if (error instanceof BadSettingError) {
      process.stderr.write(`${error.message}\n`);
      process.exit(EXIT_BAD_SETTINGS);
    }
    if (!draining.signal.aborted) throw error;
  }

  await aborted(draining.signal);
  const inTime = await endsWithin(
    settings.HEDDLE_DRAIN_SECONDS * 1_000,
    running?.drain() ?? Promise.resolve(),
  );
  if (!inTime) log.error('not drained in time; what was not settled goes back to its queue');
  await endsWithin(CLOSE_MS, broker?.close() ?? Promise.resolve());
  await stopTracing(EXPORT_MS);
  await ops.close();
  log.info('stopped');
  process.exit(inTime ? 0 : 1);
}

function endOnUncaughtErrors(log: Logger): void {
  for (const event of ['uncaughtException', 'unhandledRejection'] as const) {
    process.on(event, (error: unknown) => {
      const address = takenAddress(error);
      if (address) log.fatal(`another program listens on ${address}`);
      else log.fatal({ err: error }, event);
      process.exit(1);
    });
  }
}

/** The address that this process wanted to listen on, if that is what ended it: a person needs no stack for that. */
function takenAddress(error: unknown): string | undefined {
  const { code, address, port } = error as { code?: unknown; address?: string; port?: number };
  return code === 'EADDRINUSE' ? `${address}:${port}` : undefined;
}

function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}
