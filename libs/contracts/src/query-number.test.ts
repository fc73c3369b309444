import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { issuesOf } from './error.ts';
import { explainIssue } from './explain-issue.ts';
import { queryNumber } from './query-number.ts';

const query = z.strictObject({ limit: queryNumber(z.int().min(1).max(200)).default(50) });

function readOf(given: object): unknown {
  const parsed = query.safeParse(given, { error: explainIssue });
  return parsed.success ? parsed.data.limit : issuesOf(parsed.error);
}

describe('a number in a query', () => {
  it('is digits, and may be left out', () => {
    expect([readOf({ limit: '7' }), readOf({ limit: '007' }), readOf({})]).toEqual([7, 7, 50]);
  });

  it.each([
    ['x', 'expected a whole number, got "x"'],
    ['', 'expected a whole number, got ""'],
    ['1.5', 'expected a whole number, got "1.5"'],
    ['0x10', 'expected a whole number, got "0x10"'],
    [['1', '2'], 'expected a whole number, got array'],
    ['-1', 'expected at least 1, got -1'],
    ['201', 'expected at most 200, got 201'],
  ])('is not %j', (limit, message) => {
    expect(readOf({ limit })).toEqual([{ path: 'limit', message }]);
  });

  it('is a number to those who read the description', () => {
    const { properties } = z.toJSONSchema(query, { io: 'input' });
    expect(properties?.['limit']).toEqual({ type: 'integer', minimum: 1, maximum: 200 });
  });
});
