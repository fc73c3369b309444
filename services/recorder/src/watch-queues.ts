import type { Broker, BrokerLog, QueueInspection } from '@heddle/broker';
import { type JobState, jobQueue, type QueueName, sharedQueues, suspectQueue } from '@heddle/contracts';
import type { Meters } from '@heddle/service';
import { QueueHistory } from './queue-history.ts';
import type { Store } from './store/open-database.ts';
import { countOutbox, readBacklogs, type TaskBacklog } from './store/read-backlogs.ts';

export const LOOK_EVERY_MS = 5_000;
/** Queues that the broker is asked about at once; each takes a channel. */
const AT_ONCE = 4;
/** Of a system with more tasks, the first of the alphabet are watched. */
const MOST_TASKS = 200;
const UNFINISHED = ['queued', 'delayed', 'running', 'retrying'] as const satisfies readonly JobState[];

/** What the last look found. */
interface Look {
  readonly tasks: readonly TaskBacklog[];
  readonly queues: readonly QueueLook[];
  readonly outbox: number;
}

interface QueueLook extends QueueInspection {
  readonly queue: string;
  readonly oldestSeconds: number;
  /** Only of queues of jobs, from the second look on. */
  readonly drainSeconds: number | undefined;
}

export interface QueueWatchOptions {
  readonly store: Store;
  readonly broker: Pick<Broker, 'inspectQueue'>;
  readonly meters: Meters;
  readonly log: BrokerLog;
  /** Hears of the tasks found. */
  readonly onTasks: (tasks: readonly string[]) => void;
}

/**
 * Looks every few seconds at what waits, where and for how long. The recorder does it because it alone knows all tasks and
 * when each waiting job was accepted; the broker is asked by declaring passively, which needs no rights and no plugin.
 */
export class QueueWatch {
  readonly #options: QueueWatchOptions;
  readonly #histories = new Map<string, QueueHistory>();
  #last: Look | undefined;
  #timer: NodeJS.Timeout | undefined;
  #looking: Promise<void> | undefined;

  constructor(options: QueueWatchOptions) {
    this.#options = options;
    this.#show(options.meters);
  }

  start(): void {
    this.#timer = setInterval(() => void this.look(), LOOK_EVERY_MS);
    void this.look();
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.#looking;
  }

  /** One look, unless one is under way. What could not be seen is not shown, rather than shown as it was. */
  look(): Promise<void> {
    this.#looking ??= this.#look()
      .catch((error: unknown) => {
        this.#last = undefined;
        this.#options.log.debug({ err: error }, 'the queues could not be looked at');
      })
      .finally(() => (this.#looking = undefined));
    return this.#looking;
  }

  async #look(): Promise<void> {
    const { store, onTasks } = this.#options;
    const tasks = (await readBacklogs(store.db)).slice(0, MOST_TASKS);
    onTasks(tasks.map(({ task }) => task));
    const names: [string, TaskBacklog | undefined][] = [
      ...sharedQueues
        .filter((queue) => queue !== 'heddle.events.log')
        .map((queue): [string, undefined] => [queue, undefined]),
      ...tasks.flatMap((backlog): [string, TaskBacklog | undefined][] => [
        [jobQueue(backlog.task), backlog],
        [suspectQueue(backlog.task), undefined],
      ]),
    ];
    const queues: QueueLook[] = [];
    const rest = names.values();
    const lane = async (): Promise<void> => {
      for (const [queue, backlog] of rest) queues.push(await this.#lookAt(queue, backlog));
    };
    await Promise.all(Array.from({ length: AT_ONCE }, lane));
    this.#last = { tasks, queues, outbox: await countOutbox(store.db) };
  }

  async #lookAt(queue: string, backlog: TaskBacklog | undefined): Promise<QueueLook> {
    const found = await this.#options.broker.inspectQueue(queue as QueueName);
    const { consumers } = found ?? { consumers: 0 };
    const ready = (found?.ready ?? 0) + (await this.#readyInBranches(backlog));
    let history = this.#histories.get(queue);
    if (!history) this.#histories.set(queue, (history = new QueueHistory()));
    history.add({ at: Date.now(), ready, ended: backlog?.ended ?? 0 });
    return {
      queue,
      ready,
      consumers,
      oldestSeconds: history.oldestMs(backlog?.oldestAt) / 1_000,
      drainSeconds: backlog && history.drainSeconds(),
    };
  }

  /** What waits in lanes and partitions is shown with the task's queue: they are many, and nobody asks for one of them. */
  async #readyInBranches(backlog: TaskBacklog | undefined): Promise<number> {
    let ready = 0;
    for (const branch of backlog?.branches ?? []) {
      ready += (await this.#options.broker.inspectQueue(branch))?.ready ?? 0;
    }
    return ready;
  }

  #show(meters: Meters): void {
    const ofQueues =
      (show: (queue: QueueLook) => number | undefined) => (add: (value: number, queue: string) => void) => {
        for (const queue of this.#last?.queues ?? []) {
          const value = show(queue);
          if (value !== undefined) add(value, queue.queue);
        }
      };
    meters.pulled(
      'heddle_queue_messages_ready',
      ofQueues(({ ready }) => ready),
    );
    meters.pulled(
      'heddle_queue_consumers',
      ofQueues(({ consumers }) => consumers),
    );
    meters.pulled(
      'heddle_queue_oldest_age_seconds',
      ofQueues(({ oldestSeconds }) => oldestSeconds),
    );
    meters.pulled(
      'heddle_queue_drain_seconds',
      ofQueues(({ drainSeconds }) => drainSeconds),
    );
    meters.pulled('heddle_jobs_unfinished', (add) => {
      for (const { task, unfinished } of this.#last?.tasks ?? []) {
        for (const state of UNFINISHED) add(unfinished[state] ?? 0, task, state);
      }
    });
    meters.pulled('heddle_task_paused', (add) => {
      for (const { task, paused } of this.#last?.tasks ?? []) add(paused ? 1 : 0, task);
    });
    meters.pulled('heddle_recorder_outbox_messages', (add) => {
      if (this.#last) add(this.#last.outbox);
    });
  }
}
