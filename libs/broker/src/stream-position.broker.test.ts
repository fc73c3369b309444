import { joinEvents } from '@heddle/contracts';
import { describe, expect, it } from 'vitest';
import { openBroker } from '../test/open-broker.ts';
import type { Broker, Delivery } from './index.ts';

const log = 'heddle.events.log';

async function publishEvents(broker: Broker, count: number): Promise<void> {
  for (let i = 0; i < count; i++) {
    await broker.publisher.publish('heddle.events', 'event', joinEvents(['{}'], `event-${i}`, 0));
  }
}

describe('the event log', () => {
  it('is made once, and says so', async () => {
    const { broker } = await openBroker();
    expect(await broker.declareEventLog()).toEqual({ created: true });
    expect(await broker.declareEventLog()).toEqual({ created: false });
  });

  it('can be read from the first event, from an offset, or from now on, by many', async () => {
    const { broker } = await openBroker();
    await broker.declareEventLog();
    await publishEvents(broker, 5);
    const read = async (streamOffset: number | 'first' | 'next'): Promise<(number | undefined)[]> => {
      const offsets: (number | undefined)[] = [];
      await broker.consume(log, { prefetch: 2, streamOffset }, (delivery: Delivery) => {
        offsets.push(delivery.streamOffset);
        delivery.ack();
      });
      return offsets;
    };
    const [first, third, next] = [await read('first'), await read(3), await read('next')];
    await expect.poll(() => first).toEqual([0, 1, 2, 3, 4]);
    await expect.poll(() => third).toEqual([3, 4]);
    await publishEvents(broker, 1);
    await expect.poll(() => next).toEqual([5]);
    await expect.poll(() => first).toEqual([0, 1, 2, 3, 4, 5]);
    await expect.poll(() => third).toEqual([3, 4, 5]);
  });

  it('goes on without gap or repetition after its connection was closed', async () => {
    const { broker, vhost } = await openBroker();
    await broker.declareEventLog();
    const offsets: (number | undefined)[] = [];
    await broker.consume(log, { prefetch: 10, streamOffset: 'next' }, (delivery) => {
      offsets.push(delivery.streamOffset);
      delivery.ack();
    });
    // Interrupted before the first event, at the end of the stream, and in the middle.
    for (let round = 1; round <= 3; round++) {
      await vhost.closeConnections();
      await publishEvents(broker, 20);
      await expect.poll(() => offsets).toHaveLength(round * 20);
    }
    await expect.poll(() => broker.health().consumers[0]?.state).toBe('consuming');
    await publishEvents(broker, 20);
    await expect.poll(() => offsets).toEqual(Array.from({ length: 80 }, (_, i) => i));
  });

  it('is waited for by a consumer that comes before it', async () => {
    const { broker } = await openBroker();
    const offsets: (number | undefined)[] = [];
    await broker.consume(log, { prefetch: 10, streamOffset: 'first' }, (delivery) => {
      offsets.push(delivery.streamOffset);
    });
    expect(broker.health().consumers).toMatchObject([{ state: 'resubscribing' }]);
    await broker.declareEventLog();
    await publishEvents(broker, 1);
    await expect.poll(() => offsets).toEqual([0]);
  });
});
