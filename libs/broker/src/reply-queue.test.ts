import { HeddleError, type ReceivedMessage } from '@heddle/contracts';
import { describe, expect, it, vi } from 'vitest';
import type { Delivery } from './broker.ts';
import { ReplyDesk } from './reply-queue.ts';

function reply(correlationId: string): Delivery {
  const message = { properties: { correlationId } } as ReceivedMessage;
  return { message, streamOffset: undefined, lost: false, ack: vi.fn(), reject: vi.fn(), requeue: vi.fn() };
}

describe('a desk for replies', () => {
  it('hands each reply to the one who waits for it, in any order', async () => {
    const desk = new ReplyDesk('replies');
    const waiting = [desk.wait('a', 1_000), desk.wait('b', 1_000)];
    const [b, a] = [reply('b'), reply('a')];
    desk.onDelivery(b);
    desk.onDelivery(a);
    expect(await Promise.all(waiting)).toEqual([a.message, b.message]);
    expect(a.ack).toHaveBeenCalledOnce();
  });

  it('drops a reply that nobody waits for', () => {
    const late = reply('late');
    new ReplyDesk('replies').onDelivery(late);
    expect(late.ack).toHaveBeenCalledOnce();
  });

  it('gives up at the timeout', async () => {
    const error = await new ReplyDesk('replies').wait('a', 5).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'recorder_unavailable' });
  });

  it('gives up with the signal, also with one that was given already', async () => {
    const desk = new ReplyDesk('replies');
    const abandoned = new AbortController();
    const waiting = desk.wait('a', 1_000, abandoned.signal);
    const reason = new HeddleError('broker_blocked', 'no way to ask');
    abandoned.abort(reason);
    await expect(waiting).rejects.toBe(reason);
    await expect(desk.wait('a', 1_000, abandoned.signal)).rejects.toBe(reason);
  });

  it('tells everybody when the queue is lost, and serves those who come after', async () => {
    const desk = new ReplyDesk('replies');
    const lost = desk.wait('a', 1_000);
    desk.abandon('the queue went');
    await expect(lost).rejects.toMatchObject({ code: 'recorder_unavailable' });
    const again = desk.wait('a', 1_000);
    desk.onDelivery(reply('a'));
    expect((await again).properties.correlationId).toBe('a');
  });

  it('lets only so many wait', async () => {
    const desk = new ReplyDesk('replies');
    const waiting = Array.from({ length: 10_000 }, (_, i) => desk.wait(String(i), 60_000));
    await expect(desk.wait('one more', 60_000)).rejects.toMatchObject({ code: 'overloaded' });
    desk.abandon('the end of the test');
    expect((await Promise.allSettled(waiting)).every(({ status }) => status === 'rejected')).toBe(true);
  });
});
