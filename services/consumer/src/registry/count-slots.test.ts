import { availableParallelism } from 'node:os';
import { describe, expect, it, test } from 'vitest';
import { countSlots, slotsSetting } from './count-slots.ts';

const resize = { name: 'image.resize', pool: 'process', concurrency: undefined } as const;
const title = { name: 'web.title', pool: 'event-loop', concurrency: 20 } as const;

describe('the jobs of a task that run at once in a worker', () => {
  it('are as many as its pool is good for, unless the task says how many', () => {
    expect(countSlots(resize, [])).toBe(availableParallelism());
    expect(countSlots({ ...resize, pool: 'event-loop' }, [])).toBe(100);
    expect(countSlots(title, [])).toBe(20);
  });

  it('are as many as the setting says, which goes before the task', () => {
    expect(countSlots(title, slotsSetting.parse('4'))).toBe(4);
    const rules = slotsSetting.parse('image.*=2, web.title = 50');
    expect([countSlots(resize, rules), countSlots(title, rules)]).toEqual([2, 50]);
    expect(countSlots({ ...title, name: 'web.other' }, rules)).toBe(20);
  });

  it('follow the first rule that fits', () => {
    expect(countSlots(title, slotsSetting.parse('web.title=3,web.*=5,7'))).toBe(3);
    expect(countSlots(resize, slotsSetting.parse('web.title=3,web.*=5,7'))).toBe(7);
  });
});

test.each(['0', 'many', 'image.*=', '=3', 'image.*=10001', 'a=1,,b', 'image.*=2;3'])(
  'a setting "%s" is refused, and told what was expected',
  (text) => {
    const issues = slotsSetting.safeParse(text).error?.issues ?? [];
    expect(issues[0]?.message).toMatch(/^expected numbers from 1 to 10000/);
  },
);
