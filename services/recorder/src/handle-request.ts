import { HeddleError, type RecorderOp, type RecorderReplies, type RecorderRequest } from '@heddle/contracts';
import type { RequestHandler } from './answer-requests.ts';
import type { StateCommitter } from './commit-in-groups.ts';
import { announceTasks, readTasks } from './store/announce-tasks.ts';
import { cancelBatch } from './store/cancel-batch.ts';
import { cancelJob } from './store/cancel-job.ts';
import { readCounts } from './store/count-jobs.ts';
import { createBatch } from './store/create-batch.ts';
import { readDeadGroups } from './store/dead-groups.ts';
import { dropDead } from './store/drop-dead.ts';
import { findBatch, listBatches } from './store/find-batch.ts';
import { findJob } from './store/find-job.ts';
import { readControl } from './store/keep-cancels.ts';
import { deleteSchedule, putSchedule, readSchedules, rememberTick } from './store/keep-schedules.ts';
import type { Store } from './store/open-database.ts';
import { pauseTask } from './store/pause-task.ts';
import { readBatchResults } from './store/read-batch-results.ts';
import { readStandings } from './store/read-standings.ts';
import type { EventWriter } from './store/record-events.ts';
import { replayDead } from './store/replay-dead.ts';
import { searchJobs } from './store/search-jobs.ts';
import { dropParts, stagePart } from './store/stage-batch-parts.ts';
import { findOutput } from './store/store-output.ts';
import { readEpoch } from './store/stream-epoch.ts';
import { submitOnce } from './store/submit-once.ts';
import { readSync } from './store/sync/keep-report.ts';
import type { SyncKeeper } from './sync/meet-in-groups.ts';
import type { EventWatch } from './wait-for-events.ts';

export interface RequestContext {
  readonly store: Store;
  readonly events: EventWriter;
  readonly states: Pick<StateCommitter, 'commit' | 'read'>;
  readonly watch: EventWatch;
  readonly sync: SyncKeeper;
  /** Resolves when what has come until now is committed, or soon: reads show what was confirmed before they were asked for. */
  readonly caughtUp: () => Promise<void>;
  readonly maxMessageBytes: number;
  /** Something may have come into the outbox. */
  readonly onOutgoing: () => void;
  /** Workers have announced these tasks. */
  readonly onTasks: (tasks: readonly string[]) => void;
}

/** Every request the recorder answers, by its name. */
export function requestHandler({
  store,
  events,
  states,
  watch,
  sync,
  caughtUp,
  maxMessageBytes,
  onOutgoing,
  onTasks,
}: RequestContext): RequestHandler {
  const { db } = store;
  const answers: { [Op in RecorderRequest['op']]: Answer<Op> } = {
    job: ({ id }) => watch.find(id, () => findJob(db, id)),
    output: ({ id, name }) => {
      const absent = new HeddleError('output_not_found', `there is no output "${name}" of a job ${id}`);
      return watch.find(id, () => findOutput(db, id, name), absent);
    },
    jobs: (search) => searchJobs(db, search),
    counts: () => readCounts(db),
    tasks: () => readTasks(db),
    'stream-epoch': async () => ({ epoch: await readEpoch(db) }),
    submit: (request) => submitOnce(store, events, request, maxMessageBytes).finally(onOutgoing),
    announce: async ({ tasks }) => {
      const announced = await announceTasks(store, tasks).finally(onOutgoing);
      onTasks(tasks.map(({ name }) => name));
      return announced;
    },
    cancel: ({ id, reason, unlessRunning }) =>
      watch.find(id, () => cancelJob(store, events, id, reason, unlessRunning)).finally(onOutgoing),
    'job-ends': ({ ids }) => readStandings(db, ids, maxMessageBytes),
    'control-snapshot': () => readControl(db),
    pause: ({ task }) => pauseTask(store, task, true).finally(onOutgoing),
    resume: ({ task }) => pauseTask(store, task, false).finally(onOutgoing),
    'create-batch': (request) => createBatch(store, request, maxMessageBytes).finally(onOutgoing),
    'batch-part': (request) => stagePart(store, request, maxMessageBytes),
    'drop-batch-parts': async ({ batch }) => {
      await dropParts(db, batch);
      return { id: batch };
    },
    batch: ({ id }) => findBatch(db, id),
    batches: ({ cursor, limit }) => listBatches(db, cursor, limit),
    'batch-results': ({ id, first, limit }) => readBatchResults(db, id, first, limit),
    'cancel-batch': ({ id }) => cancelBatch(store, id).finally(onOutgoing),
    'put-schedule': ({ schedule }) => putSchedule(store, schedule).finally(onOutgoing),
    schedules: () => readSchedules(db),
    'delete-schedule': ({ id }) => deleteSchedule(store, id).finally(onOutgoing),
    'schedule-ticked': ({ id, at, job }) => rememberTick(store, id, at, job),
    'dead-groups': ({ include }) => readDeadGroups(db, include),
    sync: (request) => sync.meet(request),
    'sync-view': () => readSync(db, Date.now()),
    replay: (request) => replayDead(store, events, request).finally(onOutgoing),
    'state-read': ({ state, key }) => states.read(state, key),
    'state-commit': (request) => states.commit(request),
    'drop-dead': ({ select, limit }) => dropDead(store, select, limit),
  };
  return async (request) => {
    if (afterEvents.has(request.op)) await caughtUp();
    return (answers[request.op] as (asked: RecorderRequest) => Promise<RecorderReplies[RecorderOp]>)(request);
  };
}

/** What is asked of jobs by somebody who may have seen their events already, which go to him and to the recorder side by side. */
const afterEvents: ReadonlySet<RecorderOp> = new Set<RecorderOp>([
  'job',
  'output',
  'jobs',
  'cancel',
  'batch',
  'batches',
  'batch-results',
  'cancel-batch',
  'dead-groups',
  'drop-dead',
  'replay',
]);

type Answer<Op extends RecorderRequest['op']> = (
  request: Extract<RecorderRequest, { op: Op }>,
) => Promise<RecorderReplies[Op]>;
