import { serveAggregate } from './aggregate/serve-aggregate.ts';
import { cancelBatch, listBatches, listBatchResults, showBatch } from './batches/show-batch.ts';
import { streamBatch } from './batches/stream-batch.ts';
import { submitBatch } from './batches/submit-batch.ts';
import { dropDead } from './dead/drop-dead.ts';
import { listDead } from './dead/list-dead.ts';
import { replayDead } from './dead/replay-dead.ts';
import { streamEvents, streamJobEvents } from './events/stream-events.ts';
import type { GatewayParts } from './gateway-parts.ts';
import { serveGather } from './gather/serve-gather.ts';
import { healthz, readyz } from './http/health.ts';
import type { Route } from './http/route.ts';
import { cancelJob } from './jobs/cancel-job.ts';
import { searchJobs } from './jobs/search-jobs.ts';
import { showJob } from './jobs/show-job.ts';
import { submitBulk } from './jobs/submit-bulk.ts';
import { submitJob } from './jobs/submit-job.ts';
import { leadToDocs, serveDocs, serveDocsAsset, serveOpenApi } from './openapi/serve-docs.ts';
import { sendOutput } from './outputs/send-output.ts';
import { predict } from './predict/predict.ts';
import { listQueues } from './queues/list-queues.ts';
import { pauseQueue } from './queues/pause-queue.ts';
import { changeSchedule, putSchedule } from './schedules/put-schedule.ts';
import { runSchedule } from './schedules/run-schedule.ts';
import { deleteSchedule, listSchedules, showSchedule } from './schedules/show-schedules.ts';
import { viewSync } from './sync/view-sync.ts';
import { listTasks, listWorkers } from './tasks/list-tasks.ts';
import { submitThumbnails } from './thumbnails/submit-thumbnails.ts';

/** Everything that the gateway answers. `openapi/describe-routes.ts` describes each; a test compares the two. */
export function gatewayRoutes(parts: GatewayParts): Route[] {
  return [
    { method: 'POST', path: '/v1/jobs', handle: submitJob(parts) },
    { method: 'GET', path: '/v1/jobs', handle: searchJobs(parts) },
    { method: 'POST', path: '/v1/jobs/bulk', handle: submitBulk(parts) },
    { method: 'GET', path: '/v1/jobs/{id}', handle: showJob(parts) },
    { method: 'DELETE', path: '/v1/jobs/{id}', handle: cancelJob(parts) },
    { method: 'GET', path: '/v1/jobs/{id}/events', handle: streamJobEvents(parts) },
    { method: 'GET', path: '/v1/jobs/{id}/outputs/{name}', handle: sendOutput(parts) },
    { method: 'POST', path: '/v1/aggregate', handle: serveAggregate(parts) },
    { method: 'POST', path: '/v1/gather', handle: serveGather(parts) },
    { method: 'POST', path: '/v1/thumbnails', handle: submitThumbnails(parts) },
    { method: 'POST', path: '/v1/predict', handle: predict(parts) },
    { method: 'POST', path: '/v1/batches', handle: submitBatch(parts) },
    { method: 'GET', path: '/v1/batches', handle: listBatches(parts) },
    { method: 'GET', path: '/v1/batches/{id}', handle: showBatch(parts) },
    { method: 'DELETE', path: '/v1/batches/{id}', handle: cancelBatch(parts) },
    { method: 'GET', path: '/v1/batches/{id}/events', handle: streamBatch(parts) },
    { method: 'GET', path: '/v1/batches/{id}/results', handle: listBatchResults(parts) },
    { method: 'POST', path: '/v1/schedules', handle: putSchedule(parts) },
    { method: 'GET', path: '/v1/schedules', handle: listSchedules(parts) },
    { method: 'GET', path: '/v1/schedules/{id}', handle: showSchedule(parts) },
    { method: 'POST', path: '/v1/schedules/{id}', handle: changeSchedule(parts) },
    { method: 'DELETE', path: '/v1/schedules/{id}', handle: deleteSchedule(parts) },
    { method: 'POST', path: '/v1/schedules/{id}/run', handle: runSchedule(parts) },
    { method: 'GET', path: '/v1/events', handle: streamEvents(parts) },
    { method: 'GET', path: '/v1/tasks', handle: listTasks(parts) },
    { method: 'GET', path: '/v1/workers', handle: listWorkers(parts) },
    { method: 'GET', path: '/v1/queues', handle: listQueues(parts) },
    { method: 'POST', path: '/v1/queues/{task}/pause', handle: pauseQueue(parts, 'pause') },
    { method: 'POST', path: '/v1/queues/{task}/resume', handle: pauseQueue(parts, 'resume') },
    { method: 'GET', path: '/v1/sync', handle: viewSync(parts) },
    { method: 'GET', path: '/v1/dead', handle: listDead(parts) },
    { method: 'POST', path: '/v1/dead/replay', handle: replayDead(parts) },
    { method: 'DELETE', path: '/v1/dead', handle: dropDead(parts) },
    { method: 'GET', path: '/openapi.json', handle: serveOpenApi(parts) },
    { method: 'GET', path: '/', handle: leadToDocs() },
    { method: 'GET', path: '/docs', handle: serveDocs() },
    { method: 'GET', path: '/docs/{asset}', handle: serveDocsAsset() },
    { method: 'GET', path: '/healthz', handle: healthz() },
    { method: 'GET', path: '/readyz', handle: readyz(parts) },
  ];
}
