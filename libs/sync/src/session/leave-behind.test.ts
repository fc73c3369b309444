import { describe, expect, it } from 'vitest';
import { leaveBehind } from './leave-behind.ts';

describe('work that is left behind', () => {
  it('gives back what came too late', async () => {
    const stopping = new AbortController();
    let finish: (value: string) => void = () => undefined;
    const work = new Promise<string>((resolve) => {
      finish = resolve;
    });
    const late: string[] = [];
    const left = leaveBehind(work, stopping.signal, (value) => late.push(value));
    const reason = new Error('enough');
    stopping.abort(reason);
    await expect(left).rejects.toBe(reason);
    finish('late');
    await work;
    expect(late).toEqual(['late']);
    await expect(leaveBehind(work, stopping.signal, () => undefined)).rejects.toBe(reason);
  });

  it('is as it was when nobody leaves it', async () => {
    const { signal } = new AbortController();
    const late: number[] = [];
    expect(await leaveBehind(Promise.resolve(1), signal, (value) => late.push(value))).toBe(1);
    expect(await leaveBehind(Promise.resolve(2), undefined, (value) => late.push(value))).toBe(2);
    const failed = new Error('failed');
    await expect(leaveBehind(Promise.reject(failed), signal, () => undefined)).rejects.toBe(failed);
    expect(late).toEqual([]);
  });
});
