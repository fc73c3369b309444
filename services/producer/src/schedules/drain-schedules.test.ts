import { type Broker, type Delivery, silentLog } from '@heddle/broker';
import { expect, it, vi } from 'vitest';
import { tickSchedules } from './tick-schedules.ts';

it('draining waits until what is no wake is set aside and acked: it would come again, and be copied twice', async () => {
  const steps: string[] = [];
  let confirm: () => void = () => undefined;
  const receivers = new Map<string, (delivery: Delivery) => void>();
  const broker = {
    publisher: {
      maxMessageBytes: 1_024,
      publish: async (exchange: string) => {
        if (exchange === 'heddle.dead') await new Promise<void>((resolve) => (confirm = resolve));
      },
    },
    consume: async (queue: string, _options: unknown, onDelivery: (delivery: Delivery) => void) => {
      receivers.set(queue, onDelivery);
      const close = async () => void steps.push(`closed ${queue}`);
      return { stop: async () => void steps.push(`stopped ${queue}`), close };
    },
    onReconnect: () => () => undefined,
  } as unknown as Broker;
  const ticking = await tickSchedules({
    broker,
    recorder: { ask: () => Promise.reject(new Error('away')) },
    instance: 'p1',
    log: silentLog,
    metrics: { made: () => undefined, watchLeads: () => undefined },
  });
  const message = {
    body: Buffer.from('{'),
    exchange: 'heddle.requests',
    routingKey: 'scheduler',
    redelivered: false,
    properties: {},
  };
  receivers.get('heddle.scheduler')?.({
    message,
    lost: false,
    ack: () => void steps.push('acked'),
  } as unknown as Delivery);
  const drained = ticking.drain();
  await vi.waitFor(() => expect(steps).toContain('stopped heddle.scheduler'));
  confirm();
  await drained;
  expect(steps.filter((step) => !step.includes('control'))).toEqual([
    'stopped heddle.scheduler',
    'acked',
    'closed heddle.scheduler',
  ]);
});
