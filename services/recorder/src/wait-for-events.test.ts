import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { EventWatch } from './wait-for-events.ts';

const ID = '019aa0d8-0000-7000-8000-000000000000';
const nothing = () => Promise.resolve(undefined);

function watchOf({ ready = 0, holding = 0, shared = false } = {}) {
  const recorder = { holding, taken: 0 };
  const countMessages = vi.fn<() => Promise<number>>(() => Promise.resolve(ready));
  return { recorder, countMessages, watch: new EventWatch({ countMessages }, recorder, shared) };
}

/** Patience does not end, however long the machine takes. */
function stopClock(): void {
  vi.useFakeTimers({ toFake: ['Date'] });
  onTestFinished(() => void vi.useRealTimers());
}

describe('waiting for events', () => {
  test('gives what is there without a look at the queue’s end', async () => {
    const { watch } = watchOf({ holding: 1 });
    await expect(watch.find(ID, () => Promise.resolve('job'))).resolves.toBe('job');
  });

  test('says that there is no such job once nothing is on its way', async () => {
    await expect(watchOf().watch.find(ID, nothing)).rejects.toMatchObject({ code: 'job_not_found' });
  });

  test.each([
    ['ready in the queue', { ready: 1 }],
    ['in our hands', { holding: 1 }],
  ])('says that it is behind while events are %s', async (_, state) => {
    await expect(watchOf(state).watch.find(ID, nothing)).rejects.toMatchObject({ code: 'recorder_behind' });
  });

  test('says that it is behind while the broker cannot be asked', async () => {
    const { watch, countMessages } = watchOf();
    countMessages.mockRejectedValue(new Error('no broker'));
    await expect(watch.find(ID, nothing)).rejects.toMatchObject({ code: 'recorder_behind' });
  });

  test('finds what arrives while it waits', async () => {
    stopClock();
    const { watch } = watchOf({ ready: 1 });
    const find = vi.fn<() => Promise<string | undefined>>(nothing).mockResolvedValueOnce(undefined);
    find.mockResolvedValueOnce(undefined).mockResolvedValueOnce('job');
    await expect(watch.find(ID, find)).resolves.toBe('job');
  });

  test('finds what comes right after the process stood still for longer than it would wait', async () => {
    const { watch } = watchOf({ ready: 1 });
    const find = vi.fn<() => Promise<string | undefined>>(() => Promise.resolve('job'));
    find.mockImplementationOnce(() => {
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1_100);
      return nothing();
    });
    await expect(watch.find(ID, find)).resolves.toBe('job');
  });

  test('looks again when something was delivered in between', async () => {
    stopClock();
    const { watch, recorder } = watchOf();
    let looks = 0;
    const find = () => {
      looks++;
      if (looks < 4) recorder.taken++;
      return Promise.resolve(undefined);
    };
    await expect(watch.find(ID, find)).rejects.toMatchObject({ code: 'job_not_found' });
    expect(looks).toBeGreaterThanOrEqual(5);
  });

  test('does not say never of a young job while another recorder may hold its events', async () => {
    const young = `${Date.now()
      .toString(16)
      .padStart(12, '0')
      .replace(/^(.{8})/, '$1-')}-7000-8000-000000000000`;
    const { watch } = watchOf({ shared: true });
    await expect(watch.find(young, nothing)).rejects.toMatchObject({ code: 'recorder_behind' });
    await expect(watch.find(ID, nothing)).rejects.toMatchObject({ code: 'job_not_found' });
  });

  test('lets only so many questions wait', async () => {
    const { watch } = watchOf({ ready: 1 });
    let refused = 0;
    const waiting = Array.from({ length: 40 }, () => watch.find(ID, nothing).catch(() => (refused += 1)));
    await expect(watch.find(ID, nothing)).rejects.toMatchObject({ code: 'recorder_behind' });
    expect(refused).toBe(15);
    await Promise.all(waiting);
  });
});
