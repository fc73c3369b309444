import { createHash } from 'node:crypto';
import type { Delivery } from '@heddle/broker';
import { splitLaneKey } from '@heddle/contracts';

/** For so long after its last job a lane counts as its tenant's. */
const OWNED_MS = 200;

interface Lane {
  /** Jobs that wait here, by tenant. */
  readonly waiting: Map<string, number>;
  size: number;
  /** Jobs that have come since the last look. */
  came: number;
  lastKey: string | undefined;
  lastAt: number;
}

/**
 * Whose lanes a task's lanes are, as far as this worker sees: it is given jobs of every lane that has some. It chooses the
 * lane of a job by that, so that tenants share one only when more of them have jobs waiting than there are lanes. Workers
 * agree without talking: each begins to look at the same place.
 */
export class LaneView {
  readonly #lanes: readonly Lane[];
  readonly #now: () => number;
  #isFrozen = false;

  constructor(count: number, now: () => number = Date.now) {
    this.#now = now;
    this.#lanes = Array.from({ length: count }, () => ({
      waiting: new Map(),
      size: 0,
      came: 0,
      lastKey: undefined,
      lastAt: 0,
    }));
  }

  get count(): number {
    return this.#lanes.length;
  }

  /** Lanes of which jobs wait here. */
  get waiting(): number {
    return this.#lanes.filter(({ size }) => size > 0).length;
  }

  /** Lanes of which jobs wait here, or have come since this was last asked. */
  takeBusy(): number {
    const busy = this.#lanes.filter(({ size, came }) => size > 0 || came > 0).length;
    for (const lane of this.#lanes) lane.came = 0;
    return busy;
  }

  /**
   * The lane for a tenant's next job: its own; else the first from the tenant's own place on that is nobody's; else the one
   * of which least waits here.
   */
  choose(key: string): number {
    const count = this.#lanes.length;
    const first = placeOf(key) % count;
    let free: number | undefined;
    let [best, fewest] = [first, Number.POSITIVE_INFINITY];
    for (let step = 0; step < count; step += 1) {
      const index = (first + step) % count;
      const lane = this.#lanes[index];
      if (!lane) continue;
      const owner = this.#ownerOf(lane);
      if (owner === key) return this.#take(lane, index, key);
      if (owner === undefined) free ??= index;
      if (lane.size < fewest) [best, fewest] = [index, lane.size];
    }
    const chosen = free ?? best;
    return this.#take(this.#lanes[chosen], chosen, key);
  }

  /** A job has come from its lane, and waits. */
  entered({ message }: Delivery, key: string): void {
    const lane = this.#laneOf(message.routingKey);
    if (!lane) return;
    lane.size += 1;
    lane.came += 1;
    lane.waiting.set(key, (lane.waiting.get(key) ?? 0) + 1);
    this.#note(lane, key);
  }

  /** It does not wait any more. */
  left({ message }: Delivery, key: string): void {
    const lane = this.#laneOf(message.routingKey);
    if (!lane) return;
    lane.size -= 1;
    const others = (lane.waiting.get(key) ?? 1) - 1;
    if (others > 0) lane.waiting.set(key, others);
    else lane.waiting.delete(key);
    this.#note(lane, key);
  }

  /** While nothing is fetched from the lanes, what was last seen of them stays true. */
  freeze(isFrozen: boolean): void {
    if (this.#isFrozen && !isFrozen) for (const lane of this.#lanes) lane.lastAt = this.#now();
    this.#isFrozen = isFrozen;
  }

  /** Who has most of what waits; else who had the last job, a moment ago. */
  #ownerOf(lane: Lane): string | undefined {
    let owner: string | undefined;
    let most = 0;
    for (const [key, count] of lane.waiting) if (count > most) [owner, most] = [key, count];
    if (owner !== undefined) return owner;
    return this.#isFrozen || this.#now() - lane.lastAt < OWNED_MS ? lane.lastKey : undefined;
  }

  #take(lane: Lane | undefined, index: number, key: string): number {
    if (lane && lane.size === 0) this.#note(lane, key);
    return index;
  }

  #note(lane: Lane, key: string): void {
    lane.lastKey = key;
    lane.lastAt = this.#now();
  }

  #laneOf(routingKey: string): Lane | undefined {
    const { lane } = splitLaneKey(routingKey);
    return lane === undefined ? undefined : this.#lanes[lane];
  }
}

/** Where a tenant begins to look for a lane; the same in every worker. */
function placeOf(key: string): number {
  return createHash('sha1').update(key).digest().readUInt32BE(0);
}
