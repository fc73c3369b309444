import type { Broker, BrokerLog } from '@heddle/broker';
import type { RecorderClient, Task } from '@heddle/client';
import { describeTask } from './describe-task.ts';

const FIRST_RETRY_MS = 250;
const LONGEST_RETRY_MS = 15_000;
/** How often to look whether the broker has been away. */
const LOOK_EVERY_MS = 1_000;
/** The recorder may have lost its database. */
const AGAIN_AFTER_MS = 5 * 60_000;

/**
 * Tells the recorder what this worker serves: at the start, after the broker was away, and every few minutes. While the
 * recorder does not answer it asks again, ever less often; jobs run meanwhile.
 */
export class TaskAnnouncer {
  readonly #broker: Broker;
  readonly #recorder: RecorderClient;
  readonly #log: BrokerLog;
  readonly #tasks: ReturnType<typeof describeTask>[];
  #next = 0;
  #retryMs = FIRST_RETRY_MS;
  #asking = false;
  #wasAway = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(broker: Broker, recorder: RecorderClient, tasks: readonly Task[], log: BrokerLog) {
    this.#broker = broker;
    this.#recorder = recorder;
    this.#log = log;
    this.#tasks = tasks.map(describeTask);
  }

  start(): void {
    this.#timer = setInterval(() => this.#look(), LOOK_EVERY_MS);
    this.#look();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #look(): void {
    const connected = this.#broker.state === 'connected';
    if (!connected) this.#wasAway = true;
    if (!connected || this.#asking) return;
    if (this.#wasAway || Date.now() >= this.#next) void this.#announce();
  }

  async #announce(): Promise<void> {
    this.#asking = true;
    this.#wasAway = false;
    try {
      await this.#recorder.ask({ op: 'announce', tasks: this.#tasks });
      this.#log.info({ tasks: this.#tasks.map((task) => task.name) }, 'tasks announced');
      this.#retryMs = FIRST_RETRY_MS;
      this.#next = Date.now() + AGAIN_AFTER_MS;
    } catch (error) {
      this.#log.warn({ err: error, retryMs: this.#retryMs }, 'the recorder has not taken the announcement');
      this.#next = Date.now() + this.#retryMs;
      this.#retryMs = Math.min(this.#retryMs * 2, LONGEST_RETRY_MS);
    } finally {
      this.#asking = false;
    }
  }
}
