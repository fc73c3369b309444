import type { Broker, BrokerLog, QueueInspection } from '@heddle/broker';
import {
  HeddleError,
  type JobState,
  jobQueue,
  type QueueName,
  sharedQueues,
  suspectQueue,
} from '@heddle/contracts';
import type { Meters } from '@heddle/service';
import { MOST_TASKS } from './metrics.ts';
import { QueueHistory } from './queue-history.ts';
import type { Store } from './store/open-database.ts';
import { countOutbox, readBacklogs, type TaskBacklog } from './store/read-backlogs.ts';

export const LOOK_EVERY_MS = 5_000;
/** Queues that the broker is asked about at once; each takes a channel. */
const AT_ONCE = 4;
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
  /** 0 if nothing waits; undefined until some have waited at two looks in a row. */
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
  /** Queues that could not be looked at when they last should have been: of each is told once. */
  readonly #unseen = new Set<string>();
  #hasFailed = false;
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
      .then(
        () => {
          this.#hasFailed = false;
        },
        (error: unknown) => {
          const { log } = this.#options;
          const told = 'the queues could not be looked at: their metrics are absent until they can';
          log[this.#hasFailed ? 'debug' : 'warn']({ err: error }, told);
          this.#hasFailed = true;
          this.#last = undefined;
        },
      )
      .finally(() => (this.#looking = undefined));
    return this.#looking;
  }

  async #look(): Promise<void> {
    const { store, onTasks } = this.#options;
    // Of more tasks, the first of the alphabet.
    const tasks = (await readBacklogs(store.db)).slice(0, MOST_TASKS);
    onTasks(tasks.map(({ task }) => task));
    const names: [string, TaskBacklog | undefined][] = [
      ...sharedQueues
        .filter((queue) => queue !== 'heddle.events.log')
        .map((queue): [string, undefined] => [queue, undefined]),
      ...tasks.flatMap((backlog): [string, TaskBacklog | undefined][] => [
        [jobQueue(backlog.task), backlog],
        ...(isSerial(backlog) ? [] : [[suspectQueue(backlog.task), undefined] as [string, undefined]]),
      ]),
    ];
    const queues: QueueLook[] = [];
    const rest = names.values();
    const lane = async (): Promise<void> => {
      for (const [queue, backlog] of rest) {
        const look = await this.#lookAt(queue, backlog);
        if (look) queues.push(look);
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, lane));
    this.#last = { tasks, queues, outbox: await countOutbox(store.db) };
  }

  /** Undefined: it is not to be seen, which costs its own series and no others. */
  async #lookAt(queue: string, backlog: TaskBacklog | undefined): Promise<QueueLook | undefined> {
    const found = await this.#inspect(queue as QueueName);
    if (!found) return undefined;
    const { consumers } = found;
    const ready = found.ready + (await this.#readyInBranches(backlog));
    let history = this.#histories.get(queue);
    if (!history) this.#histories.set(queue, (history = new QueueHistory()));
    history.add({ at: Date.now(), ready, ended: backlog?.ended });
    return {
      queue,
      ready,
      consumers,
      oldestSeconds: history.oldestMs(backlog?.oldestAt) / 1_000,
      drainSeconds: history.drainSeconds(),
    };
  }

  /** What waits in lanes and partitions is shown with the task's queue: they are many, and nobody asks for one of them. */
  async #readyInBranches(backlog: TaskBacklog | undefined): Promise<number> {
    let ready = 0;
    for (const branch of backlog?.branches ?? []) {
      ready += (await this.#inspect(branch))?.ready ?? 0;
    }
    return ready;
  }

  async #inspect(queue: QueueName): Promise<QueueInspection | undefined> {
    const { broker, log } = this.#options;
    const warn = (facts: object, told: string): undefined => {
      if (!this.#unseen.has(queue)) log.warn({ ...facts, queue }, told);
      this.#unseen.add(queue);
    };
    try {
      const found = await broker.inspectQueue(queue);
      if (!found) return warn({}, 'a queue is not on the broker: its metrics are absent until it is');
      this.#unseen.delete(queue);
      return found;
    } catch (error) {
      // Without a connection there is nothing to be seen at all.
      if (error instanceof HeddleError) throw error;
      return warn({ err: error }, 'a queue may not be looked at: its metrics are absent until it may');
    }
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

/** Its jobs that took a worker down stay in their partitions: there is no queue of suspects. */
function isSerial({ branches }: TaskBacklog): boolean {
  return branches.some((branch) => branch.startsWith('heddle.serial.'));
}
