import { expect, test } from 'vitest';
import { retryAfterMs } from './judge-status.ts';

test.each([
  ['seconds', { 'retry-after': '120' }, 120_000],
  [
    'a date, by the clock of the server',
    { 'retry-after': 'Wed, 21 Oct 2015 07:28:10 GMT', date: 'Wed, 21 Oct 2015 07:28:00 GMT' },
    10_000,
  ],
  ['a date that has passed', { 'retry-after': 'Wed, 21 Oct 2015 07:28:00 GMT' }, 0],
  ['more than an hour', { 'retry-after': '999999' }, 3_600_000],
  ['what is neither', { 'retry-after': 'soon' }, undefined],
  ['nothing', {}, undefined],
])('Retry-After: %s', (_, headers, ms) => {
  expect(retryAfterMs(headers)).toBe(ms);
});
