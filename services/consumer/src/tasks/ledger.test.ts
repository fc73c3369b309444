import { commit, waitForChange } from '@heddle/client';
import { explainIssue } from '@heddle/contracts';
import { describe, expect, it } from 'vitest';
import { ledgerWithdraw } from './ledger.ts';

const inputOf = (deadline?: unknown) =>
  ledgerWithdraw.input.safeParse(
    { account: 'alice', amount: 5, ...(deadline !== undefined && { deadline }) },
    { error: explainIssue },
  );

/** When a withdrawal from an empty account gives up, in milliseconds from now, at the least and at the most. */
function waitOf(deadline?: unknown): { least: number; most: number } {
  const context = { input: inputOf(deadline).data, state: { balance: 0 }, commit, waitForChange };
  const before = Date.now();
  const { until } = ledgerWithdraw.run(context as never) as unknown as { until: number };
  return { least: until - Date.now(), most: until - before };
}

describe('ledger.withdraw', () => {
  it.each([
    [undefined, 30_000],
    [0, 0],
    ['0s', 0],
    [250, 250],
    ['2h', 7_200_000],
  ])('with the deadline %j waits for %i ms', (deadline, ms) => {
    const { least, most } = waitOf(deadline);
    expect(least).toBeLessThanOrEqual(ms);
    expect(most).toBeGreaterThanOrEqual(ms);
  });

  it('waits until a time', () => {
    const { data } = inputOf('2030-01-31T12:00:00+01:00');
    expect(data).toMatchObject({ deadline: new Date('2030-01-31T11:00:00Z') });
  });

  it.each([
    [-1, 'expected at least 0, got -1'],
    ['400d', 'expected at most 31536000000, got 34560000000'],
    ...[1.5, 'soon', '-1s', '2030-02-31T12:00:00Z', true].map((deadline) => [
      deadline,
      `expected 0, a duration such as "30s" of up to 365 days, or a time such as "2030-01-31T12:00:00Z", got ${JSON.stringify(deadline)}`,
    ]),
  ])('refuses the deadline %j', (deadline, message) => {
    const issues = inputOf(deadline).error?.issues;
    expect(issues).toMatchObject([{ path: ['deadline'], message }]);
  });
});
