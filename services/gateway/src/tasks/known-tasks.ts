import type { BrokerLog } from '@heddle/broker';
import type { RecorderClient } from '@heddle/client';
import { HeddleError, type RecorderReplies, type TaskAnnouncement } from '@heddle/contracts';
import { type CheckInput, compileSchema } from './compile-schema.ts';

type Announced = RecorderReplies['tasks']['tasks'][number];

export interface KnownTask {
  readonly announcement: Announced;
  /** Throws `invalid_input`. */
  readonly checkInput: CheckInput;
}

/** An unknown task may have been announced a moment ago: it is looked for again, but not more often than this. */
const LOOK_AGAIN_MS = 1_000;
const RETRY_MS = 1_000;
const ASK_TIMEOUT_MS = 3_000;

/** The announced tasks: a copy of what the recorder knows, loaded again with each news of a change. */
export class KnownTasks {
  readonly #recorder: Pick<RecorderClient, 'ask'>;
  readonly #log: BrokerLog;
  #tasks = new Map<string, KnownTask>();
  #loaded = false;
  #loading: Promise<void> | undefined;
  #stale = false;
  #lookedAt = 0;
  #retry: NodeJS.Timeout | undefined;
  #stopped = false;

  constructor(recorder: Pick<RecorderClient, 'ask'>, log: BrokerLog) {
    this.#recorder = recorder;
    this.#log = log;
  }

  /** Whether the recorder has answered at least once. */
  get loaded(): boolean {
    return this.#loaded;
  }

  list(): readonly Announced[] {
    return [...this.#tasks.values()].map((task) => task.announcement);
  }

  /** The task, if it is known; without asking anybody. */
  get(name: string): KnownTask | undefined {
    return this.#tasks.get(name);
  }

  /**
   * The task; if it is not known, after asking the recorder again. Rejects with `unknown_task`, or with the recorder's
   * error while it has never answered.
   */
  async find(name: string): Promise<KnownTask> {
    const known = this.#tasks.get(name);
    if (known) return known;
    if (!this.#loaded || Date.now() - this.#lookedAt > LOOK_AGAIN_MS) {
      this.#lookedAt = Date.now();
      await this.#load().catch((error: unknown) => {
        if (!this.#loaded) throw error;
      });
    }
    const found = this.#tasks.get(name);
    if (found) return found;
    throw new HeddleError(
      'unknown_task',
      `no worker has announced "${name}"; GET /v1/tasks lists the known tasks`,
    );
  }

  /** Loads the tasks again, now and until it works. News that comes while loading leads to another round. */
  refresh(): void {
    if (this.#stopped) return;
    clearTimeout(this.#retry);
    this.#load().catch((error: unknown) => {
      // That the broker is away, its connection tells itself.
      const isAway = error instanceof HeddleError && error.code === 'broker_unavailable';
      this.#log[isAway ? 'debug' : 'warn']({ err: error }, 'the announced tasks could not be loaded');
      this.#retry = setTimeout(() => this.refresh(), RETRY_MS);
    });
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#retry);
  }

  #load(): Promise<void> {
    if (this.#loading) {
      this.#stale = true;
      return this.#loading;
    }
    this.#loading = this.#loadOnce().finally(() => {
      this.#loading = undefined;
    });
    return this.#loading;
  }

  async #loadOnce(): Promise<void> {
    do {
      this.#stale = false;
      const { tasks } = await this.#recorder.ask({ op: 'tasks' }, { timeoutMs: ASK_TIMEOUT_MS });
      this.#replace(tasks);
    } while (this.#stale);
  }

  #replace(announced: readonly Announced[]): void {
    const tasks = new Map<string, KnownTask>();
    for (const announcement of announced) {
      const before = this.#tasks.get(announcement.name);
      const same =
        before !== undefined &&
        JSON.stringify(before.announcement.inputSchema) === JSON.stringify(announcement.inputSchema);
      const checkInput = same ? before.checkInput : this.#checkWhenNeeded(announcement);
      tasks.set(announcement.name, { announcement, checkInput });
    }
    this.#tasks = tasks;
    this.#loaded = true;
  }

  /** Compiles when the first job of the task comes: most gateways see few of the tasks. */
  #checkWhenNeeded(announcement: TaskAnnouncement): CheckInput {
    let check: CheckInput | undefined;
    return (input) => (check ??= this.#compile(announcement))(input);
  }

  #compile(announcement: TaskAnnouncement): CheckInput {
    try {
      return compileSchema(announcement.inputSchema);
    } catch (error) {
      this.#log.warn(
        { err: error, task: announcement.name },
        'the announced schema cannot be compiled; only the worker checks this input',
      );
      return () => {};
    }
  }
}
