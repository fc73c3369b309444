import { HeddleError, type RecorderOp, type RecorderReplies, type RecorderRequest } from '@heddle/contracts';
import type { RequestHandler } from './answer-requests.ts';
import { announceTasks, readTasks } from './store/announce-tasks.ts';
import { readCounts } from './store/count-jobs.ts';
import { findJob } from './store/find-job.ts';
import type { Store } from './store/open-database.ts';
import type { EventWriter } from './store/record-events.ts';
import { searchJobs } from './store/search-jobs.ts';
import { findOutput } from './store/store-output.ts';
import { readEpoch } from './store/stream-epoch.ts';
import { submitOnce } from './store/submit-once.ts';
import type { EventWatch } from './wait-for-events.ts';

export interface RequestContext {
  readonly store: Store;
  readonly events: EventWriter;
  readonly watch: EventWatch;
  readonly maxMessageBytes: number;
  /** Something may have come into the outbox. */
  readonly onOutgoing: () => void;
}

/** Every request the recorder answers, by its name. */
export function requestHandler({
  store,
  events,
  watch,
  maxMessageBytes,
  onOutgoing,
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
    announce: ({ tasks }) => announceTasks(store, tasks).finally(onOutgoing),
  };
  return (request) =>
    (answers[request.op] as (asked: RecorderRequest) => Promise<RecorderReplies[RecorderOp]>)(request);
}

type Answer<Op extends RecorderRequest['op']> = (
  request: Extract<RecorderRequest, { op: Op }>,
) => Promise<RecorderReplies[Op]>;
