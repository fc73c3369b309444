import { setTimeout as sleep } from 'node:timers/promises';

interface Lane {
  active: number;
  readonly waiting: (() => void)[];
  /** Milliseconds since the epoch. */
  restUntil: number;
}

/** Keeps jobs polite: so many at once to one host, the others one after the other; and none while the host wants to be left alone. */
export class HostTurns {
  readonly #lanes = new Map<string, Lane>();

  /** Runs it when the host has a place; rejects with the signal's reason when that is aborted before. */
  async run<T>(host: string, most: number, signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    const lane = this.#laneOf(host);
    if (lane.active < most) lane.active += 1;
    else await waitIn(lane, signal);
    try {
      const restMs = lane.restUntil - Date.now();
      if (restMs > 0) await sleep(restMs, undefined, { signal });
      signal.throwIfAborted();
      return await work();
    } finally {
      // Who ends hands its place over, so that nobody can come between.
      const next = lane.waiting.shift();
      if (next) next();
      else this.#leave(host, lane);
    }
  }

  /** Lets nobody else begin for so long; what has begun goes on. */
  rest(host: string, ms: number): void {
    const lane = this.#laneOf(host);
    lane.restUntil = Math.max(lane.restUntil, Date.now() + ms);
  }

  #laneOf(host: string): Lane {
    let lane = this.#lanes.get(host);
    if (!lane) this.#lanes.set(host, (lane = { active: 0, waiting: [], restUntil: 0 }));
    return lane;
  }

  #leave(host: string, lane: Lane): void {
    lane.active -= 1;
    if (lane.active > 0) return;
    const restMs = lane.restUntil - Date.now();
    if (restMs <= 0) this.#lanes.delete(host);
    // Remembered as long as it rests, and not a process's life longer.
    else setTimeout(() => lane.active === 0 && this.#lanes.delete(host), restMs).unref();
  }
}

async function waitIn(lane: Lane, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  await new Promise<void>((resolve, reject) => {
    const begin = () => {
      signal.removeEventListener('abort', giveUp);
      resolve();
    };
    const giveUp = () => {
      const place = lane.waiting.indexOf(begin);
      if (place >= 0) lane.waiting.splice(place, 1);
      reject(signal.reason as Error);
    };
    signal.addEventListener('abort', giveUp, { once: true });
    lane.waiting.push(begin);
  });
}
