import type { BrokerLog, Publisher } from '@heddle/broker';
import { encodeControl } from '@heddle/contracts';

const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 10_000;

/**
 * Says on `heddle.control` that the worker lives, and at the end that it leaves. The pauses double from half a second to ten: a
 * gateway that starts beside the worker and is ready after it has missed the first sign, and has it listed a moment later.
 */
export class LifeSigns {
  readonly #publisher: Publisher;
  readonly #log: BrokerLog;
  readonly #worker: { readonly name: string; readonly tasks: readonly string[]; running(): number };
  #timer: NodeJS.Timeout | undefined;
  #pauseMs = FIRST_PAUSE_MS;

  constructor(
    publisher: Publisher,
    worker: { readonly name: string; readonly tasks: readonly string[]; running(): number },
    log: BrokerLog,
  ) {
    this.#publisher = publisher;
    this.#worker = worker;
    this.#log = log;
  }

  start(): void {
    void this.#send(false);
    this.#timer = setTimeout(() => this.start(), this.#pauseMs);
    this.#pauseMs = Math.min(2 * this.#pauseMs, LONGEST_PAUSE_MS);
  }

  /** One more, out of turn. */
  sendNow(): void {
    if (this.#timer) void this.#send(false);
  }

  async stop(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    await this.#send(true);
  }

  /** A lost sign of life is made good by the next. */
  async #send(leaving: boolean): Promise<void> {
    const { name, tasks } = this.#worker;
    const news = encodeControl({
      type: 'worker',
      worker: name,
      tasks: [...tasks],
      running: this.#worker.running(),
      leaving,
      at: Date.now(),
    });
    try {
      await this.#publisher.publish('heddle.control', '', news, {
        failFast: true,
        timeoutMs: LONGEST_PAUSE_MS,
      });
    } catch (error) {
      this.#log.debug({ err: error }, 'a sign of life was not sent');
    }
  }
}
