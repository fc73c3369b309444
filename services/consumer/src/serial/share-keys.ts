import type { ControlNews } from '@heddle/contracts';
import type { LifeSigns } from '../presence/send-life-signs.ts';
import type { KnownWorkers } from './known-workers.ts';
import type { SerialTaskServer } from './serve-serial-task.ts';

const LOOK_EVERY_MS = 5_000;
/** Workers answer a newcomer at slightly different times. */
const ANSWER_WITHIN_MS = 200;

interface Shared {
  readonly workers: KnownWorkers;
  readonly servers: readonly SerialTaskServer[];
  readonly lifeSigns: Pick<LifeSigns, 'sendNow'>;
}

/** Shares the partitions of serial tasks anew when workers come and go. A worker without such tasks does nothing here. */
export class KeySharing {
  readonly #shared: Shared;
  #timer: NodeJS.Timeout | undefined;
  #answer: NodeJS.Timeout | undefined;

  constructor(shared: Shared) {
    this.#shared = shared;
  }

  start(): void {
    if (this.#shared.servers.length === 0) return;
    this.#timer = setInterval(() => {
      this.#shared.workers.forgetSilent();
      // Also without a change: one that stands by may be served though its owner lives.
      this.#rebalance();
    }, LOOK_EVERY_MS);
  }

  stop(): void {
    clearInterval(this.#timer);
    clearTimeout(this.#answer);
    this.#timer = undefined;
  }

  hear(news: Extract<ControlNews, { type: 'worker' }>): void {
    if (this.#timer === undefined) return;
    const change = this.#shared.workers.hear(news);
    if (change === undefined) return;
    // It does not know of us yet.
    if (change === 'new') {
      this.#answer ??= setTimeout(() => {
        this.#answer = undefined;
        this.#shared.lifeSigns.sendNow();
      }, Math.random() * ANSWER_WITHIN_MS);
    }
    this.#rebalance();
  }

  #rebalance(): void {
    for (const server of this.#shared.servers) void server.rebalance();
  }
}
