import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ConfirmWindow } from './confirm-window.ts';

function publish(count: number): ConfirmWindow<number> {
  const window = new ConfirmWindow<number>();
  for (let tag = 1; tag <= count; tag++) window.push(tag);
  return window;
}

function settled(window: ConfirmWindow<number>, tag: number, multiple: boolean): number[] {
  const items: number[] = [];
  window.settle(tag, multiple, (item) => items.push(item));
  return items;
}

describe('a confirm window', () => {
  it('hands over one message, or all up to one, in the order of publishing', () => {
    const window = publish(5);
    expect(settled(window, 2, false)).toEqual([2]);
    expect(settled(window, 4, true)).toEqual([1, 3, 4]);
    expect(window.unconfirmed()).toEqual([5]);
  });

  it('hands nothing over twice', () => {
    const window = publish(3);
    expect(settled(window, 2, false)).toEqual([2]);
    expect(settled(window, 2, false)).toEqual([]);
    expect(settled(window, 3, true)).toEqual([1, 3]);
    expect(settled(window, 3, true)).toEqual([]);
  });

  it('goes on counting after it was empty', () => {
    const window = publish(2);
    settled(window, 2, true);
    window.push(3);
    expect(settled(window, 3, false)).toEqual([3]);
  });

  it('agrees with a plain map, whatever the order of publishes and confirms', () => {
    const step = fc.oneof(
      fc.record({ publish: fc.integer({ min: 1, max: 2_000 }) }),
      fc.record({ confirm: fc.nat(), multiple: fc.boolean() }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const window = new ConfirmWindow<number>();
        const model = new Set<number>();
        let tags = 0;
        for (const one of steps) {
          if ('publish' in one) {
            for (let i = 0; i < one.publish; i++) {
              window.push(++tags);
              model.add(tags);
            }
          } else if (tags > 0) {
            const tag = (one.confirm % tags) + 1;
            const expected = [...model].filter((item) => item === tag || (one.multiple && item < tag));
            for (const item of expected) model.delete(item);
            expect(settled(window, tag, one.multiple)).toEqual(expected);
          }
        }
        expect(window.unconfirmed()).toEqual([...model]);
      }),
      { numRuns: 200 },
    );
  });
});
