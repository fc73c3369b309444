import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { WaitingLine } from './waiting-line.ts';

describe('a waiting line', () => {
  it('agrees with a plain array, whatever is done to it', () => {
    const step = fc.oneof(
      fc.record({ push: fc.integer({ min: 1, max: 1_500 }) }),
      fc.record({ shift: fc.integer({ min: 1, max: 1_600 }) }),
      fc.record({ unshift: fc.integer({ min: 0, max: 5 }) }),
      fc.record({ keepEvery: fc.integer({ min: 1, max: 3 }) }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
        const line = new WaitingLine<number>();
        let model: number[] = [];
        let next = 0;
        const fresh = (count: number): number[] => Array.from({ length: count }, () => next++);
        for (const one of steps) {
          if ('push' in one) {
            const items = fresh(one.push);
            for (const item of items) line.push(item);
            model.push(...items);
          } else if ('shift' in one) {
            const shifted = Array.from({ length: one.shift }, () => line.shift());
            const expected = Array.from({ length: one.shift }, () => model.shift());
            expect(shifted).toEqual(expected);
          } else if ('unshift' in one) {
            const items = fresh(one.unshift);
            line.unshift(items);
            model.unshift(...items);
          } else {
            line.keep((item) => item % one.keepEvery === 0);
            model = model.filter((item) => item % one.keepEvery === 0);
          }
          expect(line.length).toBe(model.length);
          expect(line.peek()).toBe(model[0]);
        }
        expect(line.toArray()).toEqual(model);
      }),
      { numRuns: 50 },
    );
  });
});
