import type { PartialAggregate } from '@heddle/contracts';
import { describe, expect, it } from 'vitest';
import { HeldPartials } from './held-partials.ts';

/** About so many bytes of JSON. */
const partialOf = (bytes: number): PartialAggregate => ({ rows: 1, groups: [[['x'.repeat(bytes)], 1, []]] });

function held(messageBytes: number, ...sizes: number[]): HeldPartials {
  const partials = new HeldPartials(messageBytes);
  for (const size of sizes) partials.add(partialOf(size));
  return partials;
}

describe('partial results', () => {
  it('are merged by sixteen', () => {
    const partials = held(1_000_000, ...Array.from({ length: 15 }, () => 10));
    expect(partials.areMany).toBe(false);
    for (const size of [10, 10]) partials.add(partialOf(size));
    expect(partials.areMany).toBe(true);
    expect(partials.take()).toHaveLength(16);
    expect([partials.areMany, partials.take().length]).toEqual([false, 1]);
  });

  it('are merged by as many as a message carries: into the largest, the smallest first', () => {
    const partials = held(1_000, 300, 500, 200, 400);
    expect(partials.areMany).toBe(true);
    expect(partials.take()).toEqual([partialOf(500), partialOf(200)]);
    expect(partials.take()).toEqual([partialOf(400), partialOf(300)]);
    expect(partials.areMany).toBe(false);
  });

  it('that cannot be merged have too many groups', () => {
    expect(() => held(1_000, 600, 600).take()).toThrow(
      expect.objectContaining({ code: 'data_too_many_groups' }),
    );
    expect(held(1_000).take()).toEqual([]);
  });
});
