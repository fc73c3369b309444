import { expect, test } from 'vitest';
import { deriveJobId, newJobId } from './job-id.ts';

test('a derived id is always the same, and another for another origin or seed', () => {
  const origin = newJobId();
  expect(deriveJobId(origin, '1')).toBe(deriveJobId(origin, '1'));
  const ids = [deriveJobId(origin, '1'), deriveJobId(origin, '2'), deriveJobId(newJobId(), '1')];
  expect(new Set(ids).size).toBe(3);
});

test('a derived id is a UUIDv7 with the time of its origin', () => {
  const origin = newJobId();
  const id = deriveJobId(origin, '1');
  expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  expect(id.slice(0, 13)).toBe(origin.slice(0, 13));
});

test('an origin that is no UUIDv7 gives an id too', () => {
  expect(deriveJobId('order 7', '1')).toMatch(/^00000000-0000-7/);
});
