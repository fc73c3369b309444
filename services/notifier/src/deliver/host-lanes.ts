/** Posts to one host at once. */
const ACTIVE = 8;
/** Deliveries to one host that wait here; more would fill this process with one slow receiver's. */
const WAITING = 8;
const SHORTEST_REST_MS = 1_000;
const LONGEST_REST_MS = 10 * 60_000;

interface Lane {
  active: number;
  readonly waiting: ((begins: boolean) => void)[];
  /** How long a post takes, as a moving average; milliseconds. */
  averageMs: number;
  /** When the last delivery that was sent away is to be back; milliseconds since the epoch. */
  horizon: number;
}

/** Keeps the receivers apart: each host has a few posts at once, a few more wait, and what is beyond is sent to rest until it is its turn. */
export class HostLanes {
  readonly #lanes = new Map<string, Lane>();

  /** Runs it now or when its turn has come, and resolves to undefined then; or gives the milliseconds that it should rest, unrun. */
  async run(host: string, post: () => Promise<void>): Promise<number | undefined> {
    const lane = this.#laneOf(host);
    if (lane.active >= ACTIVE) {
      if (lane.waiting.length >= WAITING) return restIn(lane, Date.now());
      // Who ends hands its place over, so that nobody can come between.
      const begins = await new Promise<boolean>((resolve) => lane.waiting.push(resolve));
      if (!begins) return undefined;
    } else {
      lane.active += 1;
    }
    const startedAt = performance.now();
    try {
      await post();
    } finally {
      lane.averageMs += (performance.now() - startedAt - lane.averageMs) / 8;
      const next = lane.waiting.shift();
      if (next) next(true);
      else this.#leave(host, lane);
    }
    return undefined;
  }

  /** Those that wait are let go, unrun. */
  close(): void {
    for (const { waiting } of this.#lanes.values()) for (const leave of waiting.splice(0)) leave(false);
  }

  #laneOf(host: string): Lane {
    let lane = this.#lanes.get(host);
    if (!lane) this.#lanes.set(host, (lane = { active: 0, waiting: [], averageMs: 100, horizon: 0 }));
    return lane;
  }

  #leave(host: string, lane: Lane): void {
    lane.active -= 1;
    if (lane.active === 0) this.#lanes.delete(host);
  }
}

/** Each delivery sent away comes back a little later than the one before, as if they had queued. */
function restIn(lane: Lane, now: number): number {
  lane.horizon = Math.max(lane.horizon, now + SHORTEST_REST_MS) + lane.averageMs / ACTIVE;
  return Math.min(lane.horizon - now, LONGEST_REST_MS);
}
