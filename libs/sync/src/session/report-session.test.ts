import { HeddleError } from '@heddle/contracts';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { KeyedClient } from '../keyed/keyed-client.ts';
import { Ledger } from './ledger.ts';
import { SessionReporter } from './report-session.ts';

const log = { debug() {}, info() {}, warn() {}, error() {} };

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

describe('a session', () => {
  it('tells a recorder that does not answer less and less often, and every second one that does', async () => {
    const ledger = new Ledger();
    let isThere = false;
    let told = 0;
    const tell = () => {
      told += 1;
      if (!isThere) return Promise.reject(new HeddleError('recorder_unavailable', 'away'));
      return Promise.resolve({ is: 'reported', refused: [] });
    };
    const reporter = new SessionReporter({
      name: 'one',
      ledger,
      log,
      keyed: { tell } as unknown as KeyedClient,
    });
    await vi.advanceTimersByTimeAsync(60_000);
    expect(told).toBe(0);
    ledger.hold('lock.x', 1);
    await vi.advanceTimersByTimeAsync(5 * 60_000);
    expect(told).toBeGreaterThan(5);
    expect(told).toBeLessThan(20);
    isThere = true;
    await vi.advanceTimersByTimeAsync(31_000);
    told = 0;
    await vi.advanceTimersByTimeAsync(10_000);
    expect(told).toBe(10);
    await reporter.close();
  });
});
