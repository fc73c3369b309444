import { HeddleError } from '@heddle/contracts';
import { describe, expect, test } from 'vitest';
import { judgeAnswer, WEBHOOK_RESTS } from './judge-answer.ts';

describe('an answer', () => {
  test.each([200, 201, 204, 299])('of %i is success', (status) => {
    expect(judgeAnswer({ status }, 1)).toEqual({ end: 'succeeded', status });
  });

  test('of 410 ends the delivery for good', () => {
    expect(judgeAnswer({ status: 410 }, 1)).toMatchObject({
      end: 'failed',
      error: { code: 'webhook_refused' },
    });
  });

  test.each([301, 307, 308, 400, 404, 429, 500, 503])('of %i is tried again', (status) => {
    expect(judgeAnswer({ status }, 1)).toMatchObject({
      end: 'retrying',
      restMs: 5_000,
      error: { code: 'webhook_failed' },
    });
  });

  test('that asks for a longer rest gets it, within six hours', () => {
    const restFor = (retryAfter: string) => judgeAnswer({ status: 429, retryAfter }, 1);
    expect(restFor('60')).toMatchObject({ restMs: 60_000 });
    expect(restFor('1')).toMatchObject({ restMs: 5_000 });
    expect(restFor('999999')).toMatchObject({ restMs: 6 * 3_600_000 });
    expect(restFor('Wed, 21 Oct 2026 07:28:00 GMT')).toMatchObject({ restMs: 5_000 });
  });
});

test('no answer is tried again, an address that is not allowed is not', () => {
  expect(judgeAnswer(new HeddleError('webhook_failed', 'no answer'), 3)).toMatchObject({ restMs: 120_000 });
  expect(judgeAnswer(new HeddleError('webhook_refused', 'private'), 1)).toMatchObject({ end: 'failed' });
});

test('eight attempts over about ten hours, then dead', () => {
  const verdicts = Array.from({ length: 8 }, (_, index) => judgeAnswer({ status: 500 }, index + 1).end);
  expect(verdicts).toEqual([...Array.from({ length: 7 }, () => 'retrying'), 'dead']);
  expect(WEBHOOK_RESTS.reduce((sum, rest) => sum + rest) / 3_600_000).toBeCloseTo(10.2, 1);
});
