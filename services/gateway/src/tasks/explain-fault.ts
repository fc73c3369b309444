import { type Issue, kindOf, showValue } from '@heddle/contracts';
import type { ErrorObject } from 'ajv/dist/2020.js';

type Parameters = Readonly<Record<string, unknown>>;

/** Errors that only say that none of some alternatives fits: what each of them lacks says more. */
const SUMMARIES = new Set(['anyOf', 'oneOf', 'if']);

/** What is wrong with an input, in the words of the other checks: of several alternatives, of the one that was most likely meant. */
export function explainFault(errors: readonly ErrorObject[], input: unknown): Issue {
  const faults = errors.filter(({ keyword }) => !SUMMARIES.has(keyword));
  const [meant] = faults.length > 0 ? faults.toSorted(likeliestFirst) : errors;
  if (!meant) return { path: 'input', message: 'expected what fits the schema' };
  const same = errors.filter(({ instancePath }) => instancePath === meant.instancePath);
  const own = same.find((error) => SUMMARIES.has(error.keyword) && wordsOf(error) !== undefined);
  const types = same.filter(({ keyword }) => keyword === 'type');
  return issueOf(own ?? meant, meant.keyword === 'type' ? types : [], input);
}

/**
 * An alternative was meant if its constant is the one that came, if it fits down to a deeper place, if the kind of value is right,
 * and if all its fields are there.
 */
function likeliestFirst(a: ErrorObject, b: ErrorObject): number {
  const by = (rank: (error: ErrorObject) => number) => rank(b) - rank(a);
  return (
    by(({ keyword }) => (keyword === 'const' ? 0 : 1)) ||
    by(({ instancePath }) => instancePath.split('/').length) ||
    by(({ keyword }) => (keyword === 'type' ? 0 : 1)) ||
    by(({ keyword }) => (keyword === 'required' ? 0 : 1))
  );
}

/** `types`: all errors of the kind of the same value, if that is what is wrong. */
function issueOf(error: ErrorObject, types: readonly ErrorObject[], input: unknown): Issue {
  const steps = error.instancePath.split('/').slice(1).map(unescapePointer);
  const parameters = error.params as Parameters;
  switch (error.keyword) {
    case 'additionalProperties':
    case 'unevaluatedProperties': {
      const name = String(parameters['additionalProperty'] ?? parameters['unevaluatedProperty']);
      return { path: pathOf([...steps, name]), message: 'expected no field of this name' };
    }
    case 'required':
      return {
        path: pathOf([...steps, String(parameters['missingProperty'])]),
        message: 'expected a value, got nothing',
      };
    default: {
      const value = valueAt(input, steps);
      const own = wordsOf(error);
      const message = own === undefined ? explain(error, types, value) : `${own}, got ${showValue(value)}`;
      return { path: pathOf(steps), message };
    }
  }
}

/** What the schema itself says that it expects, as its `errorMessage`. */
function wordsOf({ parentSchema }: ErrorObject): string | undefined {
  const own = (parentSchema as { readonly errorMessage?: unknown } | undefined)?.errorMessage;
  return typeof own === 'string' ? own : undefined;
}

function explain({ keyword, message, params }: ErrorObject, types: readonly ErrorObject[], value: unknown) {
  const parameters = params as Parameters;
  const limit = String(parameters['limit']);
  switch (keyword) {
    case 'type': {
      const kinds = types.map((error) => String((error.params as Parameters)['type']));
      const isFraction = typeof value === 'number' && kinds.includes('integer');
      return isFraction
        ? `expected a whole number, got ${value}`
        : `expected ${[...new Set(kinds)].join(' or ')}, got ${kindOf(value)}`;
    }
    case 'enum': {
      const allowed = (parameters['allowedValues'] as unknown[]).map((one) => JSON.stringify(one));
      return `expected one of ${allowed.join(', ')}; got ${showValue(value)}`;
    }
    case 'const':
      return `expected ${JSON.stringify(parameters['allowedValue'])}, got ${showValue(value)}`;
    case 'pattern':
      return `expected text like /${String(parameters['pattern'])}/, got ${showValue(value)}`;
    case 'multipleOf':
      return `expected a multiple of ${String(parameters['multipleOf'])}, got ${showValue(value)}`;
    case 'minimum':
      return `expected at least ${limit}, got ${showValue(value)}`;
    case 'maximum':
      return `expected at most ${limit}, got ${showValue(value)}`;
    case 'exclusiveMinimum':
      return `expected more than ${limit}, got ${showValue(value)}`;
    case 'exclusiveMaximum':
      return `expected less than ${limit}, got ${showValue(value)}`;
    case 'minLength':
      return `expected at least ${limit} characters, got ${lengthOf(value)}`;
    case 'maxLength':
      return `expected at most ${limit} characters, got ${lengthOf(value)}`;
    case 'minItems':
      return `expected at least ${limit} items, got ${lengthOf(value)}`;
    case 'maxItems':
      return `expected at most ${limit} items, got ${lengthOf(value)}`;
    default: {
      // Ajv's own words, such as "must NOT be valid".
      const rule = message?.replace(/^must /, 'expected it to ') ?? `expected what fits "${keyword}"`;
      return `${rule}, got ${showValue(value)}`;
    }
  }
}

/** As JSON Schema counts: characters of text, not halves of them. */
function lengthOf(value: unknown): number {
  return typeof value === 'string' ? Array.from(value).length : (value as readonly unknown[]).length;
}

function pathOf(steps: readonly string[]): string {
  return ['input', ...steps].join('.');
}

function unescapePointer(step: string): string {
  return step.replaceAll('~1', '/').replaceAll('~0', '~');
}

function valueAt(value: unknown, steps: readonly string[]): unknown {
  return steps.reduce<unknown>((inner, step) => (inner as Record<string, unknown> | null)?.[step], value);
}
