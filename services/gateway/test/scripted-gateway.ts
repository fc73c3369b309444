import { randomUUID } from 'node:crypto';
import { setMaxListeners } from 'node:events';
import type { Broker, Consumer } from '@heddle/broker';
import type { NewJob } from '@heddle/client';
import { HeddleError, type RecorderRequest, type TaskAnnouncement } from '@heddle/contracts';
import { BatchEnds } from '../src/batches/batch-ends.ts';
import { LiveEvents, type LiveEventsOptions } from '../src/events/live-events.ts';
import type { GatewayParts } from '../src/gateway-parts.ts';
import { Admission } from '../src/http/admission.ts';
import { type HttpServer, serveHttp } from '../src/http/serve-http.ts';
import { EndWatcher } from '../src/jobs/watch-ends.ts';
import { gatewayRoutes } from '../src/routes.ts';
import { KnownTasks } from '../src/tasks/known-tasks.ts';
import { KnownWorkers } from '../src/tasks/known-workers.ts';

type Answers = { [Op in RecorderRequest['op']]?: (request: Extract<RecorderRequest, { op: Op }>) => unknown };

/** The gateway's HTTP side with a recorder and a submitter that follow a script: for what depends on neither. */
export interface ScriptedGateway extends HttpServer {
  readonly submitted: NewJob[];
  readonly observed: string[];
  readonly logged: string[];
  readonly admission: Admission;
  readonly workers: KnownWorkers;
  readonly batchEnds: BatchEnds;
  /** How the next submits end; by default they succeed. */
  onSubmit: (job: NewJob) => Promise<void> | void;
  /** What the recorder answers. */
  answers: Answers;
  brokerState: Broker['state'];
  countMessages: Broker['countMessages'];
  replies: Broker['replies'];
  readonly draining: AbortController;
}

export const echoTask: TaskAnnouncement = {
  name: 'debug.echo',
  pool: 'event-loop',
  timeoutMs: 1_000,
  body: 'json',
  inputSchema: {},
};

export const sumTask: TaskAnnouncement = {
  name: 'math.sum',
  description: 'Adds numbers.',
  limit: { rate: { count: 5, per: 1_000 } },
  pool: 'event-loop',
  timeoutMs: 1_000,
  body: 'json',
  inputSchema: {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    type: 'object',
    properties: { numbers: { type: 'array', items: { $ref: '#/$defs/n' }, maxItems: 1_000 } },
    required: ['numbers'],
    additionalProperties: false,
    $defs: { n: { id: 'n', type: 'number' } },
  },
};

export const thumbnailTask: TaskAnnouncement = {
  name: 'image.thumbnail',
  pool: 'process',
  timeoutMs: 1_000,
  body: 'bytes',
  inputSchema: { type: 'object' },
};

export async function startScriptedGateway(
  options: {
    tasks?: readonly TaskAnnouncement[];
    maxMessageBytes?: number;
    maxBytesInFlight?: number;
    maxRequests?: number;
    lastRequestMs?: number;
    events?: Pick<LiveEventsOptions, 'broker' | 'lingerMs' | 'ring'>;
  } = {},
): Promise<ScriptedGateway> {
  const { tasks = [echoTask, sumTask, thumbnailTask], maxMessageBytes = 100_000 } = options;
  const logged: string[] = [];
  const note = (level: string) => (fields: object, message: string) => {
    logged.push(`${level}: ${message} ${(fields as { err?: Error }).err?.stack ?? ''}`);
  };
  const log = { debug: note('debug'), info: note('info'), warn: note('warn'), error: note('error') };
  const submitted: NewJob[] = [];
  const observed: string[] = [];
  const script: Pick<ScriptedGateway, 'onSubmit' | 'answers' | 'brokerState' | 'countMessages' | 'replies'> =
    {
      onSubmit: () => undefined,
      answers: { tasks: () => ({ tasks: tasks.map((task) => ({ ...task, announcedAt: 0 })) }) },
      brokerState: 'connected',
      countMessages: async () => 0,
      replies: () => Promise.reject(new HeddleError('broker_unavailable', 'the script has no replies')),
    };
  const recorder = {
    ask: (async (request: RecorderRequest) => {
      const answer = script.answers[request.op] as ((request: RecorderRequest) => unknown) | undefined;
      if (!answer) throw new HeddleError('recorder_unavailable', 'the script has no answer');
      return answer(request);
    }) as GatewayParts['recorder']['ask'],
  };
  const unscripted = () =>
    Promise.reject(new HeddleError('broker_unavailable', 'the script has no exchanges'));
  const admission = new Admission(options.maxBytesInFlight ?? 10_000_000);
  const workers = new KnownWorkers();
  const batchEnds = new BatchEnds();
  const draining = new AbortController();
  // As a service's own: every request listens to it.
  setMaxListeners(0, draining.signal);
  const parts: GatewayParts = {
    broker: {
      get state() {
        return script.brokerState;
      },
      replies: () => script.replies(),
      publisher: { maxMessageBytes, publish: unscripted },
      publishLater: unscripted,
      countMessages: (queue) => script.countMessages(queue),
    },
    submitter: {
      submit: async (job) => {
        const id = job.id ?? randomUUID();
        submitted.push({ ...job, id });
        await script.onSubmit(job);
        return { id };
      },
    },
    recorder,
    ends: new EndWatcher(recorder, log),
    tasks: new KnownTasks(recorder, log),
    workers,
    batchEnds,
    events: new LiveEvents({
      broker: { consume: () => Promise.resolve({} as Consumer), onReconnect: () => () => undefined },
      ...options.events,
      recorder,
      log,
    }),
    admission,
    maxMessageBytes,
    maxPredictions: 4,
    notReady: () => [],
    draining: draining.signal,
    log,
  };
  const server = await serveHttp({
    lastRequestMs: options.lastRequestMs ?? 0,
    host: '127.0.0.1',
    port: 0,
    maxRequests: options.maxRequests ?? 1_000,
    routes: gatewayRoutes(parts),
    http: {
      began: () => undefined,
      ended: (method, route, code) => observed.push(`${method} ${route} ${code}`),
      expect: () => undefined,
    },
    log,
  });
  return Object.assign(script, {
    ...server,
    submitted,
    observed,
    logged,
    admission,
    workers,
    batchEnds,
    draining,
  });
}
