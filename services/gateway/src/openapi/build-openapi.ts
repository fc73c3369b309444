import { OpenApiGeneratorV31, OpenAPIRegistry } from '@asteasolutions/zod-to-openapi';
import type { JsonSchema, TaskAnnouncement } from '@heddle/contracts';
import { version } from '@heddle/service';
import { routeDescriptions } from './describe-routes.ts';

type Json = Record<string, unknown>;

interface Document {
  readonly openapi: string;
  readonly paths: Record<string, Json>;
  readonly components: { readonly schemas: Record<string, JsonSchema> };
}

/** OpenAPI 3.1: the routes, and for each announced task what `POST /v1/jobs` takes as its input. */
export function buildOpenApi(tasks: readonly TaskAnnouncement[]): Document {
  const registry = new OpenAPIRegistry();
  for (const route of routeDescriptions) registry.registerPath(route);
  const generated = new OpenApiGeneratorV31(registry.definitions).generateDocument({
    openapi: '3.1.0',
    info: {
      title: 'Heddle',
      version,
      description:
        'A job system on RabbitMQ. Errors are `application/problem+json`; times are ISO 8601 in UTC.',
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [{ url: '/' }],
  });
  const document = JSON.parse(JSON.stringify(generated)) as Document;
  for (const task of tasks) addTask(document, task);
  return document;
}

function addTask({ components }: Document, task: TaskAnnouncement): void {
  const name = `Input.${task.name}`;
  components.schemas[name] = {
    ...(atHome(task.inputSchema, `#/components/schemas/${name}`) as Json),
    ...(task.description !== undefined && { description: task.description }),
  };
  if (task.body === 'bytes') return;
  // A task's jobs are the submit body with this task and this input.
  const submit = components.schemas['SubmitJob'] as { anyOf?: unknown[] } | undefined;
  if (!submit) return;
  submit.anyOf ??= [{ title: 'any task' }];
  submit.anyOf.push({
    title: task.name,
    properties: { task: { const: task.name }, input: { $ref: `#/components/schemas/${name}` } },
  });
}

/** The schema as a part of the document: references into itself follow it to its new place, and it is no document of its own. */
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
