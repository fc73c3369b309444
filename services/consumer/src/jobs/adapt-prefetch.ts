import type { PoolKind } from '@heddle/contracts';

/** Deliveries beyond the slots that an event-loop task may hold while the broker confirms what has ended. */
const SETTLE_WINDOW = 200;
const MAX_PREFETCH = 300;

/**
 * Milliseconds of mean run time: when shorter than the first, a slot would stand idle between two deliveries; when longer
 * than the second, nobody notices. They lie far apart for the event loop, whose jobs wait for each other: on a busy machine
 * the same short jobs look ten times as long, and every change of the prefetch costs a new subscription.
 */
const RUN_MS = {
  'event-loop': { short: 5, long: 50 },
  // Between two jobs of a slot lie a confirm, an ack and a delivery, some 5 ms: of 250 ms still 2 %.
  thread: { short: 250, long: 500 },
  process: { short: 250, long: 500 },
} as const satisfies Record<PoolKind, { short: number; long: number }>;

/** A mean over fewer runs says little. It is taken over at least one run a slot, since slots that began together end together. */
const RUNS_PER_LOOK = 10;

/**
 * How many deliveries a task may hold. What waits here is overtaken by no job of higher priority and can go to no other
 * worker, so a task of long runs holds exactly as many as it has slots. Only where runs are so short that the way to the
 * broker and back would leave slots idle does it hold more: one for pools of threads and processes, a window of settling
 * ones for the event loop.
 */
export class AdaptivePrefetch {
  readonly #slots: number;
  readonly #wide: number;
  readonly #runMs: { readonly short: number; readonly long: number };
  #current: number;
  #running = 0;
  #runs = 0;
  #busyMs = 0;
  #countedAt = 0;

  /** `isFixed`: never more than the slots. */
  constructor(pool: PoolKind, slots: number, isFixed = false) {
    this.#slots = slots;
    this.#wide = isFixed
      ? slots
      : pool === 'event-loop'
        ? Math.max(slots, Math.min(slots + SETTLE_WINDOW, MAX_PREFETCH))
        : slots + 1;
    this.#runMs = RUN_MS[pool];
    this.#current = slots;
  }

  get current(): number {
    return this.#current;
  }

  /** A run begins; `now` in milliseconds, of any clock that only rises. */
  began(now: number): void {
    this.#count(now);
    this.#running += 1;
  }

  /** A run has ended. True: `current` has changed. */
  ended(now: number): boolean {
    this.#count(now);
    this.#running -= 1;
    this.#runs += 1;
    if (this.#runs < Math.max(RUNS_PER_LOOK, this.#slots)) return false;
    const meanMs = this.#busyMs / this.#runs;
    this.#runs = 0;
    this.#busyMs = 0;
    const { short, long } = this.#runMs;
    const wanted = meanMs < short ? this.#wide : meanMs > long ? this.#slots : this.#current;
    const changed = wanted !== this.#current;
    this.#current = wanted;
    return changed;
  }

  /** Adds what the running ones have spent since the last look: the mean needs no clock of its own for each run. */
  #count(now: number): void {
    this.#busyMs += this.#running * (now - this.#countedAt);
    this.#countedAt = now;
  }
}
