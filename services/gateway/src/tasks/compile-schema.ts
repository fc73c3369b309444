import { HeddleError, type JsonSchema } from '@heddle/contracts';
import { Ajv2020, type Options, type ValidateFunction } from 'ajv/dist/2020.js';
import { explainFault } from './explain-fault.ts';

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
    const issue = explainFault(validate.errors ?? [], input);
    // They hold what is wrong, which may be the whole input.
    validate.errors = null;
    throw new HeddleError('invalid_input', `${issue.path}: ${issue.message}`, { issues: [issue] });
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
  // Errors bring the schema that they come from, which may have words of its own.
  verbose: true,
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
