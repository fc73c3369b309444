import type { PoolKind } from '@heddle/contracts';

/** The most that a task on the event loop holds, unless it has more slots. */
const MAX_HELD = 1_000;

/** Deliveries beyond the slots that an event-loop task may hold. Few steps, because every change costs a new subscription. */
const STEPS = [0, 1, 4, 16, 64, 256, MAX_HELD] as const;

/**
 * What ends in this time is the most that an event-loop task holds beyond its slots: some of it waits for a slot, most of
 * it for the broker to confirm its end, which takes tens of milliseconds on a busy machine.
 */
const AHEAD_MS = 100;

/** On a busy machine the same short jobs look several times as long: only far fewer ends than a step needs make it narrower. */
const SLACK = 8;

/**
 * Milliseconds of mean run time in a pool of threads or processes: when shorter than the first, a slot would stand idle
 * between two deliveries, for a confirm, an ack and a delivery take some 5 ms; when longer than the second, nobody notices.
 */
const POOL_RUN_MS = { short: 250, long: 500 };

/** A mean over fewer runs says little. It is taken over at least one run a slot, since slots that began together end together. */
const RUNS_PER_LOOK = 10;

/**
 * How many deliveries a task may hold. What waits here can go to no other worker, so a task of long runs holds exactly as
 * many as it has slots. Only where runs are so short that the way to the broker and back would leave slots idle does it
 * hold more: one for pools of threads and processes, what ends within a tenth of a second for the event loop.
 */
export class AdaptivePrefetch {
  readonly #pool: PoolKind;
  readonly #slots: number;
  readonly #isFixed: boolean;
  #extra = 0;
  #running = 0;
  #runs = 0;
  /** Milliseconds that runs have taken, of all slots together. */
  #busyMs = 0;
  /** Milliseconds in which at least one was running. */
  #activeMs = 0;
  #countedAt = 0;

  /** `isFixed`: never more than the slots. */
  constructor(pool: PoolKind, slots: number, isFixed = false) {
    this.#pool = pool;
    this.#slots = slots;
    this.#isFixed = isFixed;
  }

  get current(): number {
    const wide = this.#slots + this.#extra;
    return this.#pool === 'event-loop' ? Math.max(this.#slots, Math.min(wide, MAX_HELD)) : wide;
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
    if (this.#isFixed || this.#runs < Math.max(RUNS_PER_LOOK, this.#slots)) return false;
    const before = this.current;
    this.#extra =
      this.#pool === 'event-loop'
        ? stepFor((this.#runs / this.#activeMs) * AHEAD_MS, this.#extra)
        : oneIfShort(this.#busyMs / this.#runs, this.#extra);
    this.#runs = 0;
    this.#busyMs = 0;
    this.#activeMs = 0;
    return this.current !== before;
  }

  /** Adds what the running ones have spent since the last look: the means need no clock of their own for each run. */
  #count(now: number): void {
    const passed = now - this.#countedAt;
    if (this.#running > 0) this.#activeMs += passed;
    this.#busyMs += this.#running * passed;
    this.#countedAt = now;
  }
}

/** The widest step that so many ends fill; the known one while they are not far fewer. */
function stepFor(ends: number, known: number): number {
  const step = STEPS.findLast((most) => most <= ends) ?? 0;
  return step > known || ends < known / SLACK ? step : known;
}

function oneIfShort(meanMs: number, known: number): number {
  return meanMs < POOL_RUN_MS.short ? 1 : meanMs > POOL_RUN_MS.long ? 0 : known;
}
