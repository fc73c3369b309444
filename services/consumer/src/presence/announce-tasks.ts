import type { Broker, BrokerLog } from '@heddle/broker';
import type { RecorderClient, Task } from '@heddle/client';
import type { TaskAnnouncement } from '@heddle/contracts';
import { describeTask } from './describe-task.ts';

const FIRST_RETRY_MS = 250;
const LONGEST_RETRY_MS = 15_000;
/** The recorder may have lost its database. */
const AGAIN_AFTER_MS = 5 * 60_000;

/**
 * Tells the recorder what this worker serves: at the start, after each reconnect, and every few minutes. While the
 * recorder does not answer it asks again, ever less often; jobs run meanwhile.
 */
export class TaskAnnouncer {
  readonly #broker: Pick<Broker, 'onReconnect'>;
  readonly #recorder: Pick<RecorderClient, 'ask'>;
  readonly #log: BrokerLog;
  readonly #tasks: readonly TaskAnnouncement[];
  #retryMs = FIRST_RETRY_MS;
  #timer: NodeJS.Timeout | undefined;
  #unsubscribe: (() => void) | undefined;

  /** Throws `invalid_task` when a task's schema cannot be written as JSON Schema. */
  constructor(
    broker: Pick<Broker, 'onReconnect'>,
    recorder: Pick<RecorderClient, 'ask'>,
    tasks: readonly Task[],
    log: BrokerLog,
  ) {
    this.#broker = broker;
    this.#recorder = recorder;
    this.#log = log;
    this.#tasks = tasks.map(describeTask);
  }

  start(): void {
    this.#unsubscribe = this.#broker.onReconnect(() => this.#schedule(0));
    this.#schedule(0);
  }

  stop(): void {
    this.#unsubscribe?.();
    this.#unsubscribe = undefined;
    clearTimeout(this.#timer);
  }

  #schedule(afterMs: number): void {
    if (!this.#unsubscribe) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#announce(), afterMs);
  }

  async #announce(): Promise<void> {
    try {
      await this.#recorder.ask({ op: 'announce', tasks: [...this.#tasks] });
      this.#log.info({ tasks: this.#tasks.map((task) => task.name) }, 'tasks announced');
      this.#retryMs = FIRST_RETRY_MS;
      this.#schedule(AGAIN_AFTER_MS);
    } catch (error) {
      if (!this.#unsubscribe) return;
      this.#log.warn({ err: error, retryMs: this.#retryMs }, 'the recorder has not taken the announcement');
      this.#schedule(this.#retryMs);
      this.#retryMs = Math.min(this.#retryMs * 2, LONGEST_RETRY_MS);
    }
  }
}
