import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Admission } from './admission.ts';

describe('Admission', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it('refuses what finds no room', () => {
    const admission = new Admission(10);
    admission.take(8);
    expect(() => admission.take(3)).toThrow(expect.objectContaining({ code: 'overloaded' }));
    admission.release(8);
    admission.take(3);
    expect(admission.held).toBe(3);
  });

  it('lets those who wait in one after the other', async () => {
    const admission = new Admission(10);
    admission.take(10);
    const order: string[] = [];
    const large = admission.takeInTurn(9)?.then(() => order.push('large'));
    const small = admission.takeInTurn(1)?.then(() => order.push('small'));
    admission.release(5);
    await vi.advanceTimersByTimeAsync(1_000);
    // The small one would fit, but the large one came first.
    expect(order).toEqual([]);
    admission.release(5);
    await Promise.all([large, small]);
    expect([order, admission.held]).toEqual([['large', 'small'], 10]);
  });

  it('lets in who fits when the one before gives up', async () => {
    const admission = new Admission(10);
    admission.take(5);
    const large = expect(admission.takeInTurn(9)).rejects.toThrow(
      expect.objectContaining({ code: 'overloaded' }),
    );
    await vi.advanceTimersByTimeAsync(10_000);
    const small = admission.takeInTurn(5);
    await vi.advanceTimersByTimeAsync(20_000);
    await large;
    expect(admission.held).toBe(10);
    await small;
  });

  it('gives up on waiting after half a minute', async () => {
    const admission = new Admission(10);
    admission.take(10);
    const waiting = expect(admission.takeInTurn(1)).rejects.toThrow(
      expect.objectContaining({ code: 'overloaded' }),
    );
    await vi.advanceTimersByTimeAsync(30_000);
    await waiting;
    admission.release(10);
    expect(admission.held).toBe(0);
  });
});
