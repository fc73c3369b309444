import {
  branchQueues,
  type JobState,
  jobQueue,
  type QueueView,
  type TaskAnnouncement,
} from '@heddle/contracts';
import type { GatewayParts } from '../gateway-parts.ts';
import { answerJson } from '../http/answer.ts';
import type { Handler } from '../http/route.ts';
import { requireTasks } from '../tasks/list-tasks.ts';
import { EndRates } from './end-rates.ts';

/** A console that many people look at asks the broker and the recorder no more often than this. */
const FRESH_MS = 1_000;
/** Queues that the broker is asked about at once; each takes a channel. */
const AT_ONCE = 8;

type Parts = Pick<GatewayParts, 'broker' | 'recorder' | 'tasks' | 'workers'>;

/** `GET /v1/queues` */
export function listQueues(parts: Parts): Handler {
  const rates = new EndRates();
  let known: { readonly queues: Promise<QueueView[]>; readonly at: number } | undefined;
  return async (_request, response) => {
    requireTasks(parts.tasks);
    if (known === undefined || Date.now() - known.at > FRESH_MS) {
      const asked = { queues: viewQueues(parts, rates), at: Date.now() };
      known = asked;
      asked.queues.catch(() => {
        if (known === asked) known = undefined;
      });
    }
    answerJson(response, 200, { queues: await known.queues }, { 'Cache-Control': 'no-store' });
  };
}

async function viewQueues(
  { broker, recorder, tasks, workers }: Parts,
  rates: EndRates,
): Promise<QueueView[]> {
  const announced = tasks.list().toSorted((a, b) => (a.name < b.name ? -1 : 1));
  const names = announced.map(({ name }) => name);
  const [counts, { paused }, ready] = await Promise.all([
    recorder.ask({ op: 'counts' }),
    recorder.ask({ op: 'control-snapshot' }),
    mapSome(announced, AT_ONCE, (task) => countReady(broker, task).catch(() => null)),
  ]);
  const serving = workers.list();
  const perSecond = rates.measure(counts);
  return names.map((task, index) => ({
    task,
    ready: ready[index] ?? null,
    paused: paused.includes(task),
    limit: announced[index]?.limit ?? null,
    fair: announced[index]?.fair ?? null,
    endedPerSecond: perSecond(task),
    workers: serving.filter((worker) => worker.tasks.includes(task)).length,
    jobs: Object.fromEntries(
      counts
        .filter((count) => count.task === task)
        .map(({ state, count }): [JobState, number] => [state, count]),
    ),
  }));
}

/** What waits for the task's workers, in its lanes or partitions too if it has some. */
async function countReady(
  broker: Parts['broker'],
  task: Pick<TaskAnnouncement, 'name' | 'fair' | 'serial'>,
): Promise<number> {
  let ready = await broker.countMessages(jobQueue(task.name));
  for (const branch of branchQueues(task)) ready += await broker.countMessages(branch);
  return ready;
}

/** Maps all, a few at a time. */
async function mapSome<T, R>(
  items: readonly T[],
  atOnce: number,
  map: (item: T) => Promise<R>,
): Promise<R[]> {
  const results: R[] = [];
  const rest = items.entries();
  const lane = async () => {
    for (const [index, item] of rest) results[index] = await map(item);
  };
  await Promise.all(Array.from({ length: atOnce }, lane));
  return results;
}
