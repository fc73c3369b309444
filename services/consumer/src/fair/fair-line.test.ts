import type { Delivery } from '@heddle/broker';
import { header, laneKey } from '@heddle/contracts';
import { describe, expect, it } from 'vitest';
import { holdDelivery, received, someJob } from '../../test/held-delivery.ts';
import { FairLine } from './fair-line.ts';
import { LaneView } from './view-lanes.ts';

const lanes: Record<string, number> = { a: 0, b: 1, c: 2, heavy: 3 };

/** A line whose clock stands still but for the time that jobs take, one after the other. */
function line() {
  let now = 0;
  const view = new LaneView(4, () => now);
  const fair = new FairLine(
    view,
    (key) => (key === 'heavy' ? 3 : 1),
    () => now,
  );
  const push = (tenant: string, priority = 4): void => {
    const message = received(someJob({ task: 'debug.echo', priority }));
    const headers = { ...message.properties.headers, [header.fairKey]: tenant };
    const routingKey = laneKey('debug.echo', lanes[tenant] ?? 0);
    fair.push(
      holdDelivery({ ...message, routingKey, properties: { ...message.properties, headers } }),
      priority,
    );
  };
  const tenantOf = (delivery: Delivery | undefined): string =>
    String(delivery?.message.properties.headers?.[header.fairKey]);
  /** Runs so many jobs, one after the other; each takes what its tenant's jobs take. */
  const run = (count: number, ms: (tenant: string) => number = () => 10): string[] =>
    Array.from({ length: count }, () => {
      const next = fair.shift();
      if (!next) return 'nobody';
      const end = fair.charge(next, () => undefined);
      now += ms(tenantOf(next));
      end();
      return tenantOf(next);
    });
  return { fair, view, push, run };
}

const times = (count: number, action: () => void) => Array.from({ length: count }, action);
const count = (all: readonly string[], one: string) => all.filter((other) => other === one).length;

describe('the line of a fair task', () => {
  it('serves tenants in turn, however many jobs one has', () => {
    const { push, run } = line();
    times(100, () => push('a'));
    run(20);
    times(5, () => push('b'));
    const next = run(12);
    expect(count(next, 'b')).toBe(5);
  });

  it('shares time, not jobs: who has long ones gets fewer', () => {
    const { push, run } = line();
    times(200, () => push('a'));
    times(200, () => push('b'));
    const next = run(220, (tenant) => (tenant === 'a' ? 100 : 10));
    const [long, short] = [count(next, 'a'), count(next, 'b')];
    expect(short / long).toBeGreaterThan(7);
    expect(short / long).toBeLessThan(14);
  });

  it('gives a tenant of three times the weight three times the share', () => {
    const { push, run } = line();
    times(200, () => push('a'));
    times(200, () => push('heavy'));
    const next = run(100);
    expect(count(next, 'heavy')).toBeGreaterThan(70);
    expect(count(next, 'heavy')).toBeLessThan(80);
  });

  it('holds nothing against a tenant that was alone', () => {
    const { push, run } = line();
    times(50, () => push('a'));
    run(40, () => 10_000);
    times(50, () => push('b'));
    expect(count(run(10), 'a')).toBeGreaterThan(0);
  });

  it('charges jobs that begin at the same moment', () => {
    const { fair, push } = line();
    times(10, () => push('a'));
    times(10, () => push('b'));
    const begun = Array.from({ length: 10 }, () => {
      const next = fair.shift();
      if (next) fair.charge(next, () => undefined);
      return String(next?.message.properties.headers?.[header.fairKey]);
    });
    expect(count(begun, 'a')).toBe(5);
  });

  it('takes the highest priority of a tenant first, and gives back all that is left', () => {
    const { fair, push } = line();
    push('a', 1);
    push('a', 9);
    expect(fair.shift()?.message.properties.priority).toBe(9);
    expect([fair.size, fair.drain().length, fair.size]).toEqual([1, 1, 0]);
    expect(fair.shift()).toBeUndefined();
  });

  it('remembers no more than the last thousand tenants without jobs', () => {
    const { fair, push, view } = line();
    for (let tenant = 0; tenant < 5_000; tenant += 1) {
      push(`tenant-${tenant}`);
      expect(fair.shift()).toBeDefined();
    }
    expect([fair.size, view.waiting, fair.tenants]).toEqual([0, 0, 1_000]);
  });
});

describe('the lane of a tenant', () => {
  it('is its own as long as there are enough', () => {
    const { view } = line();
    const chosen = ['p', 'q', 'r', 's'].map((tenant) => view.choose(tenant));
    expect(new Set(chosen).size).toBe(4);
    expect(['p', 'q', 'r', 's'].map((tenant) => view.choose(tenant))).toEqual(chosen);
  });

  it('stays its own while its jobs wait there, though the place where it begins to look is free', () => {
    const { push, view } = line();
    for (const tenant of ['a', 'b', 'c', 'heavy']) push(tenant);
    for (const [tenant, lane] of Object.entries(lanes)) expect(view.choose(tenant)).toBe(lane);
  });

  it('is the one of which least waits here when all are others’', () => {
    const { push, view } = line();
    for (const tenant of ['a', 'b', 'c']) times(3, () => push(tenant));
    push('heavy');
    expect(view.choose('somebody')).toBe(3);
  });

  it('is found at the same place by every worker', () => {
    expect(new LaneView(64).choose('acme')).toBe(new LaneView(64).choose('acme'));
  });
});
