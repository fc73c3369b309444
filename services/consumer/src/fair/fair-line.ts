import type { Delivery } from '@heddle/broker';
import { header } from '@heddle/contracts';
import { PriorityBuffer } from '../jobs/order-by-priority.ts';
import type { LaneView } from './view-lanes.ts';

/** A job counts for at least so many milliseconds, however short it is. */
const LEAST_MS = 1;
/** What a tenant still owes, in comparison with others, when it has jobs again after it had none. */
const MOST_DEBT_MS = 1_000;
/** Weight of the newest run in a tenant's mean. */
const NEWEST = 1 / 8;
/** Of tenants without jobs here so many are remembered. */
const MOST_IDLE = 1_000;

interface Tenant {
  readonly key: string;
  readonly weight: number;
  readonly waiting: PriorityBuffer<Delivery>;
  /** Milliseconds in slots that it may still use in this round; less than 0: it has used more. */
  credit: number;
  /** Of its runs. */
  meanMs: number;
}

/**
 * What waits for a slot of a fair task: deficit round-robin over the tenants. The currency is time in slots, divided by the
 * tenant's weight: who has credit is served until it has none; when nobody who waits has any, all get as much as it takes
 * until one has. Of one tenant's jobs the highest priority goes first.
 */
export class FairLine {
  readonly #lanes: LaneView;
  readonly #weightOf: (key: string) => number;
  readonly #now: () => number;
  /** Those that have jobs waiting here, and the last ones that had. */
  readonly #tenants = new Map<string, Tenant>();
  /** Those that have jobs waiting here; it is the first one's turn. */
  readonly #ring: Tenant[] = [];
  #size = 0;

  /** `now`: milliseconds, of any clock that only rises. */
  constructor(lanes: LaneView, weightOf: (key: string) => number, now = () => performance.now()) {
    this.#lanes = lanes;
    this.#weightOf = weightOf;
    this.#now = now;
  }

  get size(): number {
    return this.#size;
  }

  /** That are remembered. */
  get tenants(): number {
    return this.#tenants.size;
  }

  push(delivery: Delivery, priority: number | undefined): void {
    const tenant = this.#tenantOf(fairKeyOf(delivery));
    if (tenant.waiting.size === 0) {
      // Beside the others, not before them: what they used while nobody else wanted it is not held against them.
      const most = this.#ring.length === 0 ? 0 : this.#richest();
      tenant.credit = Math.max(Math.min(tenant.credit, most), most - MOST_DEBT_MS);
      this.#ring.push(tenant);
    }
    tenant.waiting.push(delivery, priority);
    this.#size += 1;
    this.#lanes.entered(delivery, tenant.key);
  }

  shift(): Delivery | undefined {
    if (this.#ring.length === 0) return undefined;
    const tenant = this.#withCredit() ?? this.#afterRounds();
    const delivery = tenant?.waiting.shift();
    if (tenant && delivery) this.#left(tenant, [delivery]);
    return delivery;
  }

  list(): Delivery[] {
    return this.#ring.flatMap(({ waiting }) => waiting.list());
  }

  takeIf(isWanted: (delivery: Delivery) => boolean): Delivery[] {
    return [...this.#ring].flatMap((tenant) => {
      const taken = tenant.waiting.takeIf(isWanted);
      this.#left(tenant, taken);
      return taken;
    });
  }

  drain(): Delivery[] {
    return this.takeIf(() => true);
  }

  /** A job begins: charges its tenant what its jobs take as a rule. What comes back is to be called when it has ended; it charges the rest, and goes on with `then`. */
  charge(delivery: Delivery, then: () => void): () => void {
    const tenant = this.#tenantOf(fairKeyOf(delivery));
    const { meanMs, weight } = tenant;
    const begun = this.#now();
    tenant.credit -= meanMs / weight;
    return () => {
      const ms = Math.max(this.#now() - begun, LEAST_MS);
      tenant.meanMs += (ms - tenant.meanMs) * NEWEST;
      tenant.credit -= (ms - meanMs) / weight;
      then();
    };
  }

  /** The next one with credit; it stays its turn. */
  #withCredit(): Tenant | undefined {
    for (let passed = 0; passed < this.#ring.length; passed += 1) {
      const tenant = this.#ring[0];
      if (tenant && tenant.credit > 0) return tenant;
      if (tenant) this.#ring.push(tenant);
      this.#ring.shift();
    }
    return undefined;
  }

  /** As many rounds at once as it takes until one has credit. */
  #afterRounds(): Tenant | undefined {
    const richest = this.#richest();
    for (const tenant of this.#ring) tenant.credit += LEAST_MS - richest;
    return this.#withCredit();
  }

  #richest(): number {
    return this.#ring.reduce((most, { credit }) => Math.max(most, credit), Number.NEGATIVE_INFINITY);
  }

  #left(tenant: Tenant, deliveries: readonly Delivery[]): void {
    if (deliveries.length === 0) return;
    this.#size -= deliveries.length;
    for (const delivery of deliveries) this.#lanes.left(delivery, tenant.key);
    if (tenant.waiting.size > 0) return;
    this.#ring.splice(this.#ring.indexOf(tenant), 1);
    // Back in at the end: the first ones are those that have been without jobs for longest.
    this.#tenants.delete(tenant.key);
    this.#tenants.set(tenant.key, tenant);
    if (this.#tenants.size > this.#ring.length + MOST_IDLE) this.#forgetOldest();
  }

  #forgetOldest(): void {
    for (const [key, { waiting }] of this.#tenants) {
      if (waiting.size > 0) continue;
      this.#tenants.delete(key);
      return;
    }
  }

  #tenantOf(key: string): Tenant {
    const known = this.#tenants.get(key);
    if (known) return known;
    const tenant: Tenant = {
      key,
      weight: this.#weightOf(key),
      waiting: new PriorityBuffer<Delivery>(),
      credit: 0,
      meanMs: LEAST_MS,
    };
    this.#tenants.set(key, tenant);
    return tenant;
  }
}

/** Whose job it is, as the sorter has written on it. */
function fairKeyOf({ message }: Pick<Delivery, 'message'>): string {
  const key = message.properties.headers?.[header.fairKey];
  return typeof key === 'string' ? key : '';
}
