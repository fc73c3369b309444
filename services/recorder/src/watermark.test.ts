import { expect, test, vi } from 'vitest';
import { Watermark } from './watermark.ts';

test('who waits goes on when so much has been done, and not before', async () => {
  const watermark = new Watermark();
  const went = vi.fn<(who: string) => void>();
  const waiting = [
    watermark.reached(3, 60_000).then(() => went('three')),
    watermark.reached(2, 60_000).then(() => went('two')),
  ];
  watermark.reach(1);
  watermark.reach(2);
  await waiting[1];
  expect(went.mock.calls).toEqual([['two']]);
  watermark.reach(5);
  await Promise.all(waiting);
  await watermark.reached(4, 60_000);
});

test('nobody waits longer than he wanted to', async () => {
  await new Watermark().reached(1, 5);
});
