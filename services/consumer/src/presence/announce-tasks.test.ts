import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { recordingWorker } from '../../test/recording-worker.ts';
import { debugEcho } from '../tasks/debug-echo.ts';
import { TaskAnnouncer } from './announce-tasks.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** A recorder that is away until the test says otherwise, and a broker that reconnects when it says so. */
function announce() {
  const asked: { op: string; tasks?: readonly { name: string }[] }[] = [];
  const state = { away: false, reconnect: () => {} };
  const recorder = {
    ask: (request: (typeof asked)[number]) => {
      asked.push(request);
      return state.away ? Promise.reject(new Error('away')) : Promise.resolve({ tasks: 1 });
    },
  };
  const broker = {
    onReconnect: (listener: () => void) => {
      state.reconnect = listener;
      return () => (state.reconnect = () => {});
    },
  };
  const { log } = recordingWorker();
  const announcer = new TaskAnnouncer(broker, recorder as never, [debugEcho], log);
  return { announcer, asked, state };
}

describe('TaskAnnouncer', () => {
  it('announces at the start', async () => {
    const { announcer, asked } = announce();
    announcer.start();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(asked).toMatchObject([{ op: 'announce', tasks: [{ name: 'debug.echo' }] }]);
    announcer.stop();
  });

  it('asks again while the recorder is away, ever less often', async () => {
    const { announcer, asked, state } = announce();
    state.away = true;
    announcer.start();
    await vi.advanceTimersByTimeAsync(3_000);
    expect(asked).toHaveLength(4); // after 0, 250, 750 and 1,750 ms
    await vi.advanceTimersByTimeAsync(120_000);
    expect(asked.length).toBeLessThan(16);
    state.away = false;
    await vi.advanceTimersByTimeAsync(15_000);
    const soFar = asked.length;
    await vi.advanceTimersByTimeAsync(60_000);
    expect(asked).toHaveLength(soFar);
    announcer.stop();
  });

  it('announces anew after a reconnect, and every few minutes', async () => {
    const { announcer, asked, state } = announce();
    announcer.start();
    await vi.advanceTimersByTimeAsync(1_000);
    state.reconnect();
    await vi.advanceTimersByTimeAsync(1_000);
    expect(asked).toHaveLength(2);
    await vi.advanceTimersByTimeAsync(5 * 60_000);
    expect(asked).toHaveLength(3);
    announcer.stop();
  });

  it('is quiet once stopped', async () => {
    const { announcer, asked, state } = announce();
    announcer.start();
    announcer.stop();
    state.reconnect();
    await vi.advanceTimersByTimeAsync(600_000);
    expect(asked).toEqual([]);
    expect(vi.getTimerCount()).toBe(0);
  });
});
