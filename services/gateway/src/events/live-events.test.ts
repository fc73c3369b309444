import type { Consumer } from '@heddle/broker';
import { pino } from 'pino';
import { afterEach, expect, test, vi } from 'vitest';
import { LiveEvents, type LiveEventsOptions } from './live-events.ts';

const consumer = { close: () => Promise.resolve() } as Consumer;
const consume = vi.fn<LiveEventsOptions['broker']['consume']>();
const ask = vi.fn<() => Promise<{ epoch: string }>>();
let reconnect: () => void;
let live: LiveEvents;

async function join(): Promise<void> {
  consume.mockReset().mockResolvedValue(consumer);
  ask.mockReset().mockResolvedValueOnce({ epoch: 'one' });
  live = new LiveEvents({
    broker: {
      consume,
      onReconnect: (listener) => {
        reconnect = () => listener();
        return () => undefined;
      },
    },
    recorder: { ask } as unknown as LiveEventsOptions['recorder'],
    log: pino({ level: 'silent' }),
  });
  await live.join(() => undefined);
}
afterEach(() => live.close());

test('a connection that goes again while the recorder is asked does no harm', async () => {
  await join();
  let fail: (error: Error) => void = () => undefined;
  const first = new Promise<{ epoch: string }>((_, reject) => (fail = reject));
  ask.mockReturnValueOnce(first).mockResolvedValueOnce({ epoch: 'one' });
  reconnect();
  reconnect();
  await vi.waitFor(() => expect(ask).toHaveBeenCalledTimes(3), { timeout: 30_000 });
  // Both attempts of the first question: a rejection that nobody handles would end the process.
  ask.mockRejectedValueOnce(new Error('away')).mockResolvedValue({ epoch: 'one' });
  fail(new Error('away'));
  await vi.waitFor(() => expect(ask.mock.calls.length).toBeGreaterThan(3), { timeout: 30_000 });
  expect(consume).toHaveBeenCalledTimes(1);
});

test('the readers of a log that was made anew get its tail, also when that cannot be had at once', async () => {
  await join();
  ask.mockResolvedValue({ epoch: 'two' });
  consume.mockRejectedValueOnce(new Error('there is no such queue yet'));
  reconnect();
  await vi.waitFor(() => expect(consume).toHaveBeenCalledTimes(3), 30_000);
  expect(live.ring.at(live.ring.end - 1)).toMatchObject({ gap: expect.stringContaining('anew') });
});
