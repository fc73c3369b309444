import type { z } from 'zod';

/** Longer values are cut: the text is for people, and goes into answers and dead letters. */
const MAX_SHOWN = 60;

/** A value as an error shows it: what is short as JSON, else its kind. */
export function showValue(value: unknown): string {
  if (typeof value === 'number' || typeof value === 'boolean') return `${value}`;
  if (typeof value !== 'string') return kindOf(value);
  return value.length > MAX_SHOWN ? `${JSON.stringify(value.slice(0, MAX_SHOWN))}…` : JSON.stringify(value);
}

/** The kind of a value in JSON's words. */
export function kindOf(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (value === null) return 'null';
  // Results and states of tasks may hold what JSON cannot.
  if (Number.isNaN(value)) return 'NaN';
  return Array.isArray(value) ? 'array' : typeof value;
}

/** For the `error` of a schema that has its own words for what it expects: they are followed by what came. */
export function expected(what: string): (issue: { readonly input?: unknown }) => string {
  return ({ input }) => `expected ${what}, got ${showValue(input)}`;
}

const FORMATS: Readonly<Record<string, string>> = {
  datetime: 'a time such as "2030-01-31T12:00:00Z"',
  uuid: 'a UUID',
  url: 'a URL',
};

/**
 * What a schema expected and what came, for `safeParse(value, { error: explainIssue })`; messages that the schema brings along go
 * before it. Undefined: zod's own words will do.
 */
export const explainIssue: z.core.$ZodErrorMap = (issue) => {
  const { input } = issue;
  switch (issue.code) {
    case 'invalid_type':
      if (issue.expected === 'int') return `expected a whole number, got ${showValue(input)}`;
      return `expected ${issue.expected === 'nonoptional' ? 'a value' : issue.expected}, got ${kindOf(input)}`;
    case 'too_big':
      return bound(issue.origin, issue.inclusive === false ? 'less than' : 'at most', issue.maximum, input);
    case 'too_small':
      return bound(issue.origin, issue.inclusive === false ? 'more than' : 'at least', issue.minimum, input);
    case 'not_multiple_of':
      return `expected a multiple of ${issue.divisor}, got ${showValue(input)}`;
    case 'invalid_value':
      return `expected ${issue.values.length > 1 ? 'one of ' : ''}${issue.values.map((value) => showValue(value)).join(', ')}; got ${showValue(input)}`;
    case 'invalid_format': {
      const pattern = issue.pattern === undefined ? `a valid ${issue.format}` : `text like ${issue.pattern}`;
      return `expected ${FORMATS[issue.format] ?? pattern}, got ${showValue(input)}`;
    }
    case 'unrecognized_keys':
      return `expected no field ${issue.keys.map((key) => showValue(key)).join(', ')}`;
    case 'invalid_union':
      return eitherOf(issue.errors, input);
    default:
      return undefined;
  }
};

/** What the alternatives expected, where each of them failed at this very value. */
function eitherOf(
  alternatives: readonly (readonly z.core.$ZodIssue[])[],
  input: unknown,
): string | undefined {
  const wanted = alternatives.map(([first]) =>
    first?.path.length === 0 ? EXPECTED.exec(first.message)?.[1] : undefined,
  );
  if (wanted.length === 0 || wanted.includes(undefined)) return undefined;
  return `expected ${[...new Set(wanted)].join(' or ')}, got ${kindOf(input)}`;
}

const EXPECTED = /^expected (.*?)(?:[,;] got .*)?$/s;

const UNITS: Readonly<Record<string, string>> = { string: ' characters', array: ' items', set: ' items' };

function bound(origin: string, how: string, limit: number | bigint, input: unknown): string {
  const unit = UNITS[origin];
  if (unit === undefined) return `expected ${how} ${limit}, got ${showValue(input)}`;
  const { length } = input as { readonly length?: number };
  return `expected ${how} ${limit}${unit}${length === undefined ? '' : `, got ${length}`}`;
}
