import { expect, it } from 'vitest';
import { StreamPosition } from './stream-position.ts';

it('begins where it was told to', () => {
  expect(new StreamPosition(17).resumeArguments()).toEqual({ 'x-stream-offset': 17 });
  expect(new StreamPosition('first').resumeArguments()).toEqual({ 'x-stream-offset': 'first' });
  expect(new StreamPosition().resumeArguments()).toEqual({ 'x-stream-offset': 'next' });
});

it('goes on at the last delivery, which is sure to exist, and passes it over', () => {
  const position = new StreamPosition('first');
  position.resumeArguments();
  expect([position.advance(4), position.advance(5)]).toEqual([true, true]);
  expect(position.resumeArguments()).toEqual({ 'x-stream-offset': 5 });
  expect([position.advance(5), position.advance(6)]).toEqual([false, true]);
});

it('misses nothing when it is interrupted before the first delivery', () => {
  const before = Math.floor(Date.now() / 1_000);
  const position = new StreamPosition('next');
  position.resumeArguments();
  const { 'x-stream-offset': offset } = position.resumeArguments() as {
    'x-stream-offset': { '!': string; value: number };
  };
  expect(offset['!']).toBe('timestamp');
  expect(offset.value).toBeGreaterThanOrEqual(before);
});
