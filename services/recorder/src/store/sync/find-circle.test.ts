import { describe, expect, it } from 'vitest';
import { describeCircle, findCircle, type ReportedWait, victimOf } from './find-circle.ts';

const wait = (
  name: string,
  object: string,
  holds: string[],
  times: Partial<ReportedWait> = {},
): ReportedWait => ({
  id: name,
  session: name,
  name,
  object,
  holds,
  since: 0,
  first: 1_000,
  last: 2_000,
  ...times,
});

describe('a circle of waits', () => {
  const a = wait('a', 'lock.y', ['lock.x']);
  const b = wait('b', 'rlock.z', ['lock.y'], { since: 5 });
  const c = wait('c', 'lock.x', ['rlock.z'], { since: 3 });

  it('is found from each of its waits, and described', () => {
    for (const start of [a, b, c]) expect(new Set(findCircle(start, [a, b, c]))).toEqual(new Set([a, b, c]));
    expect(describeCircle(findCircle(a, [c, b, a]) ?? [])).toBe(
      'a waits for lock.y, which b holds; b waits for rlock.z, which c holds; c waits for lock.x, which a holds',
    );
    expect(victimOf([a, b, c])).toBe(b);
  });

  it('may have one link: code that waits for what it holds itself', () => {
    const itself = wait('a', 'lock.x', ['lock.x']);
    expect(findCircle(itself, [b, itself])).toEqual([itself]);
    expect(victimOf([itself])).toBe(itself);
    expect(describeCircle([itself])).toBe('a waits for lock.x, which a holds');
    expect(findCircle({ ...itself, last: itself.first }, [])).toBeUndefined();
  });

  it('is none while one of them only waits, or holds a semaphore', () => {
    expect(findCircle(a, [a, b, { ...c, holds: [] }])).toBeUndefined();
    const permits = [wait('a', 'semaphore.y', ['lock.x']), wait('b', 'lock.x', ['semaphore.y'])] as const;
    expect(findCircle(permits[0], permits)).toBeUndefined();
  });

  it('does not take in who waits for it from outside', () => {
    const outside = wait('d', 'lock.x', ['lock.w']);
    expect(findCircle(outside, [a, b, c, outside])).toBeUndefined();
    expect(findCircle(a, [outside, a, b, c])).toHaveLength(3);
  });

  it('is sure only if all were there at one moment', () => {
    const late = { ...c, first: 2_500, last: 2_500 };
    expect(findCircle(a, [a, b, late])).toBeUndefined();
    const again = [a, b, late].map((one) => ({ ...one, last: 3_000 }));
    expect(findCircle(again[0] as ReportedWait, again)).toHaveLength(3);
  });
});
