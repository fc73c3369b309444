import type { JsonSchema } from '@heddle/contracts';
import { z } from 'zod';
import type { DescribedSchema } from './route-description.ts';

type Json = Record<string, unknown>;

/** `input`: what a client may send; `output`: what it gets. */
export type Side = 'input' | 'output';

/** Turns schemas into parts of one document; those that have an id stand among its components, once. */
export class SchemaConverter {
  readonly components: Record<string, Json> = {};

  convert(schema: DescribedSchema, side: Side): Json {
    if (!(schema instanceof z.ZodType)) return schema;
    const {
      $defs = {},
      $schema: _,
      ...root
    } = z.toJSONSchema(schema, { io: side, override: keepDefault }) as Json;
    for (const [id, definition] of Object.entries($defs as Json)) {
      this.components[id] ??= tidy(definition) as Json;
    }
    return tidy(root) as Json;
  }

  /** Adds a schema that is a document of its own: references into itself follow it to its new place. */
  add(name: string, schema: JsonSchema): void {
    this.components[name] = atHome(schema, `#/components/schemas/${name}`) as Json;
  }
}

/** zod drops the default of what is read from other words, such as a duration: ours may all be said in either. */
function keepDefault({ zodSchema, jsonSchema }: { zodSchema: z.core.$ZodTypes; jsonSchema: Json }): void {
  const { def } = zodSchema._zod;
  if (def.type === 'default') jsonSchema['default'] ??= def.defaultValue;
}

/** References go to the components; what zod adds to integers and times says nothing to people. */
function tidy(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(tidy);
  if (typeof schema !== 'object' || schema === null) return schema;
  const isTime = (schema as Json)['format'] === 'date-time';
  const entries = Object.entries(schema).filter(([key, value]) => {
    if (isTime && key === 'pattern') return false;
    return !(
      (key === 'minimum' || key === 'maximum') &&
      Math.abs(value as number) === Number.MAX_SAFE_INTEGER
    );
  });
  return Object.fromEntries(
    entries.map(([key, value]) => [
      key,
      key === '$ref' && typeof value === 'string'
        ? value.replace('#/$defs/', '#/components/schemas/')
        : tidy(value),
    ]),
  );
}

function atHome(schema: unknown, place: string): unknown {
  if (Array.isArray(schema)) return schema.map((inner) => atHome(inner, place));
  if (typeof schema !== 'object' || schema === null) return schema;
  return Object.fromEntries(
    Object.entries(schema)
      .filter(([key, value]) => !(['$schema', '$id', 'id'].includes(key) && typeof value === 'string'))
      .map(([key, value]) => [
        key,
        key === '$ref' && typeof value === 'string' && value.startsWith('#')
          ? `${place}${value.slice(1)}`
          : atHome(value, place),
      ]),
  );
}
