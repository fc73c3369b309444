import type { BrokerLog, Publisher } from '@heddle/broker';
import { encodeControl } from '@heddle/contracts';

const EVERY_MS = 10_000;

/** Says on `heddle.control` every ten seconds that the worker lives, and at the end that it leaves. */
export class LifeSigns {
  readonly #publisher: Publisher;
  readonly #log: BrokerLog;
  readonly #worker: { readonly name: string; readonly tasks: readonly string[]; running(): number };
  #timer: NodeJS.Timeout | undefined;

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
    this.#timer = setInterval(() => void this.#send(false), EVERY_MS);
    void this.#send(false);
  }

  /** One more, out of turn. */
  sendNow(): void {
    if (this.#timer) void this.#send(false);
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
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
      await this.#publisher.publish('heddle.control', '', news, { failFast: true, timeoutMs: EVERY_MS });
    } catch (error) {
      this.#log.debug({ err: error }, 'a sign of life was not sent');
    }
  }
}
