import type { Delivery } from '@heddle/broker';
import { encodeEvents } from '@heddle/contracts';
import { createMetrics } from '@heddle/service';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { accepted } from '../test/job-events.ts';
import { silent } from '../test/start-test-recorder.ts';
import { createRecorderMetrics } from './metrics.ts';
import { DeliveryRecorder } from './record-deliveries.ts';
import type { BatchWriter, Item } from './store/record-batch.ts';

type Write = BatchWriter['write'];

function deliveryOf(id: string, { lost = false, events = 1 } = {}) {
  const message = {
    ...encodeEvents(
      Array.from({ length: events }, () => accepted(id)),
      id,
    ),
    exchange: '',
    routingKey: 'event',
    redelivered: false,
  };
  return {
    message,
    lost,
    streamOffset: undefined,
    ack: vi.fn<() => void>(),
    reject: vi.fn<() => void>(),
    requeue: vi.fn<() => void>(),
  } satisfies Delivery;
}

function recorderWith(write: Write) {
  const metrics = createRecorderMetrics(createMetrics('recorder').meters);
  return new DeliveryRecorder({ write }, metrics, silent, () => undefined);
}

const jobsOf = (items: readonly Item[]) =>
  items.map((item) => (item.kind === 'event' ? item.event.job : item.kind));

describe('recording deliveries', () => {
  test('acks after the commit, and gathers meanwhile what goes into the next', async () => {
    const batches: string[][] = [];
    const commits: (() => void)[] = [];
    const recorder = recorderWith(async (items) => {
      batches.push(jobsOf(items));
      await new Promise<void>((resolve) => commits.push(resolve));
      return [];
    });
    const first = deliveryOf('a');
    recorder.take(first);
    await vi.waitFor(() => expect(batches).toEqual([['a']]), { timeout: 30_000 });
    const later = [deliveryOf('b'), deliveryOf('c')];
    for (const delivery of later) recorder.take(delivery);
    expect(first.ack).not.toHaveBeenCalled();
    expect(recorder.holding).toBe(3);
    commits[0]?.();
    await vi.waitFor(() => expect(batches).toEqual([['a'], ['b', 'c']]), { timeout: 30_000 });
    expect(first.ack).toHaveBeenCalledOnce();
    commits[1]?.();
    await recorder.drain();
    for (const delivery of later) expect(delivery.ack).toHaveBeenCalledOnce();
    expect(recorder.holding).toBe(0);
  });

  describe('in quick succession', () => {
    const write = vi.fn<Write>().mockResolvedValue([]);
    beforeEach(() => {
      // Its clock stands still.
      vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
      write.mockClear();
    });
    afterEach(() => vi.useRealTimers());
    const written = () => write.mock.calls.map(([items]) => jobsOf(items));
    const turns = async () => {
      for (let turn = 0; turn < 5; turn++) await new Promise(setImmediate);
    };
    const take = async (recorder: DeliveryRecorder, id: string) => {
      recorder.take(deliveryOf(id));
      await turns();
    };

    test('writes the first at once and the others together', async () => {
      const recorder = recorderWith(write);
      for (const id of ['a', 'b', 'c']) await take(recorder, id);
      expect(written()).toEqual([['a']]);
      await vi.advanceTimersByTimeAsync(20);
      await recorder.drain();
      expect(written()).toEqual([['a'], ['b', 'c']]);
    });

    /** `a` is written, which takes `tookMs`, and then comes `b`. */
    const writeSlowly = async (tookMs: number) => {
      const recorder = recorderWith(write);
      write.mockImplementationOnce(() => {
        vi.advanceTimersByTime(tookMs);
        return Promise.resolve([]);
      });
      for (const id of ['a', 'b']) await take(recorder, id);
      return recorder;
    };

    test.each([
      { took: 10, until: 40 },
      { took: 60, until: 100 },
    ])('gathers until $until ms after it began to write when that took $took ms', async ({ took, until }) => {
      const recorder = await writeSlowly(took);
      const gathered = ['b'];
      for (let now = took; now < until; now += 10) {
        expect(written()).toEqual([['a']]);
        await take(recorder, `at-${now}`);
        gathered.push(`at-${now}`);
        await vi.advanceTimersByTimeAsync(10);
      }
      await turns();
      expect(written()).toEqual([['a'], gathered]);
    });

    test('gathers no longer when nothing has come for 20 ms', async () => {
      await writeSlowly(10);
      await vi.advanceTimersByTimeAsync(19);
      expect(written()).toEqual([['a']]);
      await vi.advanceTimersByTimeAsync(1);
      await turns();
      expect(written()).toEqual([['a'], ['b']]);
    });

    test.each([
      { what: 'most deliveries that the broker sends ahead are here', deliveries: 100, events: 1 },
      { what: 'a whole transaction is here', deliveries: 20, events: 100 },
    ])('does not rest when $what', async ({ deliveries, events }) => {
      const recorder = recorderWith(write);
      await take(recorder, 'a');
      for (let index = 0; index < deliveries; index++) recorder.take(deliveryOf(`many-${index}`, { events }));
      await turns();
      expect(written().map((jobs) => jobs.length)).toEqual([1, deliveries * events]);
    });

    test('writes at once what somebody waits for, whether he asked before or after it was held back', async () => {
      const recorder = recorderWith(write);
      for (const id of ['a', 'b']) await take(recorder, id);
      await recorder.caughtUp(1_000);
      expect(written()).toEqual([['a'], ['b']]);
      recorder.take(deliveryOf('c'));
      await recorder.caughtUp(1_000);
      expect(written()).toEqual([['a'], ['b'], ['c']]);
    });

    test('writes at once what it holds when it is drained', async () => {
      const recorder = recorderWith(write);
      for (const id of ['a', 'b']) await take(recorder, id);
      await recorder.drain();
      expect(written()).toEqual([['a'], ['b']]);
    });
  });

  test('holds deliveries while the database is in trouble, and tells of it', async () => {
    const write = vi.fn<Write>().mockRejectedValueOnce(new Error('disk full')).mockResolvedValue([]);
    const recorder = recorderWith(write);
    const delivery = deliveryOf('a');
    recorder.take(delivery);
    await vi.waitFor(() => expect(recorder.trouble).toContain('disk full'), { timeout: 30_000 });
    expect(delivery.ack).not.toHaveBeenCalled();
    await vi.waitFor(() => expect(delivery.ack).toHaveBeenCalledOnce(), { timeout: 30_000 });
    expect(recorder.trouble).toBeUndefined();
  });

  test('does not write what was lost with its channel', async () => {
    const write = vi.fn<Write>().mockResolvedValue([]);
    const recorder = recorderWith(write);
    recorder.take(deliveryOf('gone', { lost: true }));
    recorder.take(deliveryOf('here'));
    await recorder.drain();
    expect(write.mock.calls.map(([items]) => jobsOf(items))).toEqual([['here']]);
    expect(recorder.holding).toBe(0);
  });

  test('gives up a database that stays in trouble when it is drained', async () => {
    const recorder = recorderWith(() => Promise.reject(new Error('away')));
    const delivery = deliveryOf('a');
    recorder.take(delivery);
    await vi.waitFor(() => expect(recorder.trouble).toContain('away'), { timeout: 30_000 });
    await recorder.drain();
    expect(delivery.ack).not.toHaveBeenCalled();
  });
});
