import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { issuesOf } from './error.ts';
import { explainIssue } from './explain-issue.ts';

const faults = (schema: z.ZodType, value: unknown): string[] => {
  const parsed = schema.safeParse(value, { error: explainIssue });
  return parsed.success ? [] : issuesOf(parsed.error).map(({ message }) => message);
};

describe('what is wrong with a value', () => {
  it.each<[string, z.ZodType, unknown]>([
    ['expected number, got string', z.int(), 'three'],
    ['expected number, got NaN', z.number(), Number.NaN],
    ['expected a whole number, got 1.5', z.int(), 1.5],
    ['expected string, got nothing', z.string(), undefined],
    ['expected string, got null', z.string(), null],
    ['expected array, got object', z.array(z.int()), {}],
    ['expected at most 9, got 11', z.int().max(9), 11],
    ['expected more than 0, got 0', z.number().positive(), 0],
    ['expected at most 3 characters, got 4', z.string().max(3), 'four'],
    ['expected at least 1 items, got 0', z.array(z.int()).min(1), []],
    ['expected a multiple of 5, got 7', z.number().multipleOf(5), 7],
    ['expected one of "a", "b"; got "c"', z.enum(['a', 'b']), 'c'],
    ['expected 1; got 2', z.literal(1), 2],
    ['expected a time such as "2030-01-31T12:00:00Z", got "tomorrow"', z.iso.datetime(), 'tomorrow'],
    ['expected text like /^a+$/, got "b"', z.string().regex(/^a+$/), 'b'],
    ['expected no field "no"', z.strictObject({}), { no: 1 }],
    ['expected number or string, got array', z.union([z.int(), z.string()]), []],
  ])('%s', (expected, schema, value) => {
    expect(faults(schema, value)).toEqual([expected]);
  });

  it('is said in the words of the schema, where it has any', () => {
    expect(faults(z.int({ error: 'expected a whole number' }), 'x')).toEqual(['expected a whole number']);
  });

  it('shows the beginning of what is long', () => {
    const [fault] = faults(z.enum(['a']), 'x'.repeat(1_000));
    expect(fault).toMatch(/^expected "a"; got "x{60}"…$/);
  });
});
