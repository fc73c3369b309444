import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PriorityBuffer } from './order-by-priority.ts';

describe('PriorityBuffer', () => {
  it('gives the highest priority first, and equals in the order they came', () => {
    const buffer = new PriorityBuffer<string>();
    buffer.push('low', 1);
    buffer.push('first', 9);
    buffer.push('usual', undefined);
    buffer.push('second', 9);
    expect([buffer.shift(), buffer.shift(), buffer.shift(), buffer.shift(), buffer.shift()]).toEqual([
      'first',
      'second',
      'usual',
      'low',
      undefined,
    ]);
  });

  it('brings foreign priorities into its range', () => {
    const buffer = new PriorityBuffer<string>();
    buffer.push('negative', -3);
    buffer.push('above', 255);
    buffer.push('nine', 9);
    expect(buffer.drain()).toEqual(['above', 'nine', 'negative']);
    expect(buffer.size).toBe(0);
  });

  it('is a stable sort by priority, however pushes and shifts alternate', () => {
    const steps = fc.array(fc.option(fc.integer({ min: 0, max: 9 }), { nil: undefined }));
    fc.assert(
      fc.property(steps, (priorities) => {
        const buffer = new PriorityBuffer<{ priority: number; at: number }>();
        const model: { priority: number; at: number }[] = [];
        for (const [at, priority] of priorities.entries()) {
          if (priority === undefined) {
            model.sort((a, b) => b.priority - a.priority || a.at - b.at);
            expect(buffer.shift()).toEqual(model.shift());
          } else {
            buffer.push({ priority, at }, priority);
            model.push({ priority, at });
          }
          expect(buffer.size).toBe(model.length);
        }
      }),
    );
  });
});
