import { JobSubmitter, RecorderClient } from '@heddle/client';
import type { RunningService, ServiceContext } from '@heddle/service';
import { BatchEnds } from './batches/batch-ends.ts';
import { EVENT_LOG, LiveEvents } from './events/live-events.ts';
import type { GatewayParts } from './gateway-parts.ts';
import { Admission } from './http/admission.ts';
import { expectAnswers } from './http/observe-requests.ts';
import { serveHttp } from './http/serve-http.ts';
import { EndWatcher } from './jobs/watch-ends.ts';
import { measureGateway } from './measure-gateway.ts';
import { routeDescriptions } from './openapi/describe-routes.ts';
import { gatewayRoutes } from './routes.ts';
import type { GatewaySettings } from './settings.ts';
import { KnownTasks } from './tasks/known-tasks.ts';
import { KnownWorkers } from './tasks/known-workers.ts';
import { listenToControl } from './tasks/listen-control.ts';

/** Left of the drain's time for what comes after the requests have ended. */
const AFTER_REQUESTS_MS = 2_000;

/** Wires the gateway: control news and the announced tasks first, then HTTP. The broker may still be away. */
export async function startGateway(context: ServiceContext<GatewaySettings>): Promise<RunningService> {
  const { broker, settings, log, metrics, instance, signal } = context;
  const recorder = new RecorderClient(broker);
  const submitter = new JobSubmitter(broker, { failFast: true });
  const tasks = new KnownTasks(recorder, log);
  const workers = new KnownWorkers();
  const batchEnds = new BatchEnds();
  const events = new LiveEvents({ broker, recorder, log });
  const ends = new EndWatcher(recorder, log);

  const notLoaded = () => (tasks.loaded ? [] : ['the announced tasks are not loaded from the recorder yet']);
  const parts: GatewayParts = {
    broker,
    submitter,
    recorder,
    ends,
    tasks,
    workers,
    batchEnds,
    events,
    admission: new Admission(settings.HEDDLE_MAX_BYTES_IN_FLIGHT),
    maxMessageBytes: settings.HEDDLE_MAX_MESSAGE_BYTES,
    maxPredictions: settings.HEDDLE_MAX_PREDICTIONS,
    notReady: () => [...(signal.aborted ? ['draining'] : []), ...broker.health().reasons, ...notLoaded()],
    draining: signal,
    log,
  };

  measureGateway(metrics.meters, { events, admission: parts.admission });
  expectAnswers(metrics.http, routeDescriptions);
  // Read only while somebody listens, and counted from the first time on.
  metrics.brokerObserver.consuming(EVENT_LOG);

  // Subscribed before the snapshot is asked for, so that no change falls between the two.
  const control = await listenToControl(broker, instance, { tasks, workers, ends, batchEnds, log });
  const stopWatching = broker.onReconnect(() => tasks.refresh());
  void broker.connected().then(() => tasks.refresh());

  const server = await serveHttp({
    host: settings.HEDDLE_HTTP_HOST,
    port: settings.HEDDLE_HTTP_PORT,
    maxRequests: settings.HEDDLE_MAX_REQUESTS,
    routes: gatewayRoutes(parts),
    http: metrics.http,
    log,
  });

  return {
    url: server.url,
    notReady: notLoaded,
    drain: async () => {
      await server.drain(Math.max(1_000, settings.HEDDLE_DRAIN_SECONDS * 1_000 - AFTER_REQUESTS_MS));
      stopWatching();
      tasks.stop();
      ends.close();
      await events.close();
      await submitter.flush();
      await control.close();
    },
  };
}
