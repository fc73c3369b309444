import { HeddleError, type Issue, type JsonSchema, kindOf, showValue } from '@heddle/contracts';
import { Ajv2020, type ErrorObject, type Options, type ValidateFunction } from 'ajv/dist/2020.js';

/** Throws `invalid_input` with the path of the first fault. */
export type CheckInput = (input: unknown) => void;

/** A larger schema would keep the gateway busy compiling it. */
const MAX_SCHEMA_BYTES = 256 * 1024;

/**
 * Compiles an announced schema. Throws a plain error when it is no JSON Schema that the gateway can use; the caller
 * then leaves the check to the worker.
 */
export function compileSchema(schema: JsonSchema): CheckInput {
  const bytes = Buffer.byteLength(JSON.stringify(schema));
  if (bytes > MAX_SCHEMA_BYTES) throw new Error(`expected at most ${MAX_SCHEMA_BYTES} bytes, got ${bytes}`);
  if (schema['$async'] !== undefined) throw new Error('expected a synchronous schema, got one with $async');
  requireSchema(schema);
  // Another draft's name would send the compiler looking for it.
  const { $schema: _draft, ...body } = schema;
  const validate: ValidateFunction = newCompiler().compile(body);
  return (input) => {
    if (validate(input)) return;
    const issues = (validate.errors ?? []).slice(0, 1).map((error) => issueOf(error, input));
    const [first] = issues;
    throw new HeddleError(
      'invalid_input',
      first ? `${first.path}: ${first.message}` : 'the input does not fit',
      {
        issues,
      },
    );
  };
}

const DRAFT = 'https://json-schema.org/draft/2020-12/schema';

const options: Options = {
  strict: false,
  validateFormats: false,
  addUsedSchema: false,
  logger: false,
  // An answer names the first fault; looking for all of them in a large input is work for an attacker.
  allErrors: false,
  ownProperties: true,
};

let metaSchemas: Ajv2020 | undefined;

/** Whether it is a JSON Schema at all. What knows that is made once: it takes a tenth of a second. */
function requireSchema(schema: JsonSchema): void {
  metaSchemas ??= new Ajv2020(options);
  if (metaSchemas.validateSchema({ ...schema, $schema: DRAFT }) !== true) {
    throw new Error(`expected a JSON Schema: ${metaSchemas.errorsText()}`);
  }
}

/** One compiler a schema: nothing of one (its `$id`, its size) is left behind for the next. */
function newCompiler(): Ajv2020 {
  const ajv = new Ajv2020({ ...options, meta: false, validateSchema: false });
  // zod writes its `.meta({ id })` there; ajv takes it for the `id` of an old draft and refuses.
  ajv.removeKeyword('id');
  ajv.addKeyword('id');
  return ajv;
}

function issueOf(error: ErrorObject, input: unknown): Issue {
  const steps = error.instancePath.split('/').slice(1).map(unescapePointer);
  const parameters = error.params as Record<string, unknown>;
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
      return { path: pathOf(steps), message: explain(error, parameters, value) };
    }
  }
}

function explain(
  { keyword, message }: ErrorObject,
  parameters: Record<string, unknown>,
  value: unknown,
): string {
  switch (keyword) {
    case 'type':
      return `expected ${String(parameters['type'])}, got ${kindOf(value)}`;
    case 'enum': {
      const allowed = (parameters['allowedValues'] as unknown[]).map((one) => JSON.stringify(one));
      return `expected one of ${allowed.join(', ')}; got ${showValue(value)}`;
    }
    case 'pattern':
      return `expected text like /${String(parameters['pattern'])}/, got ${showValue(value)}`;
    default: {
      // Ajv's own words, such as "must be <= 9".
      const rule = message?.replace(/^must /, 'expected it to ') ?? `expected what fits "${keyword}"`;
      const counted = (typeof value === 'string' || Array.isArray(value)) && 'limit' in parameters;
      return `${rule}, got ${counted ? value.length : showValue(value)}`;
    }
  }
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
