import type { TaskAnnouncement } from '@heddle/contracts';
import { version } from '@heddle/service';
import type { z } from 'zod';
import { SchemaConverter, type Side } from './convert-schema.ts';
import { routeDescriptions } from './describe-routes.ts';
import type { ResponseDescription, RouteDescription } from './route-description.ts';

type Json = Record<string, unknown>;

/** OpenAPI 3.1: the routes, and for each announced task what `POST /v1/jobs` takes as its input. */
export function buildOpenApi(tasks: readonly TaskAnnouncement[]): Json {
  const schemas = new SchemaConverter();
  const paths: Record<string, Json> = {};
  for (const route of routeDescriptions) {
    paths[route.path] = { ...paths[route.path], [route.method]: describeOperation(route, schemas) };
  }
  for (const task of tasks) addTask(schemas, task);
  return {
    openapi: '3.1.0',
    info: {
      title: 'Heddle',
      version,
      description:
        'A job system on RabbitMQ. Errors are `application/problem+json`; times are ISO 8601 in UTC.',
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [{ url: '/' }],
    paths,
    components: { schemas: schemas.components },
  };
}

function describeOperation(route: RouteDescription, schemas: SchemaConverter): Json {
  const { summary, description, tags, request = {}, responses } = route;
  const parameters = [
    ...describeParameters('path', request.params, schemas),
    ...describeParameters('query', request.query, schemas),
    ...describeParameters('header', request.headers, schemas),
  ];
  return {
    summary,
    ...(description !== undefined && { description }),
    tags,
    ...(parameters.length > 0 && { parameters }),
    ...(request.body && {
      requestBody: {
        required: request.body.required,
        content: describeContent(request.body.content, 'input', schemas),
      },
    }),
    responses: Object.fromEntries(
      Object.entries(responses).map(([status, response]) => [status, describeResponse(response, schemas)]),
    ),
  };
}

function describeResponse(
  { description, content, headers }: ResponseDescription,
  schemas: SchemaConverter,
): Json {
  return {
    description,
    ...(content && { content: describeContent(content, 'output', schemas) }),
    ...(headers && {
      headers: Object.fromEntries(
        describeParameters('header', headers, schemas).map(({ name, schema }) => [name, { schema }]),
      ),
    }),
  };
}

function describeContent(
  content: NonNullable<ResponseDescription['content']>,
  side: Side,
  schemas: SchemaConverter,
): Json {
  return Object.fromEntries(
    Object.entries(content).map(([type, { schema }]) => [type, { schema: schemas.convert(schema, side) }]),
  );
}

function describeParameters(
  place: 'path' | 'query' | 'header',
  fields: z.ZodObject | undefined,
  schemas: SchemaConverter,
): Json[] {
  if (!fields) return [];
  const { properties = {}, required = [] } = schemas.convert(fields, 'input') as {
    properties?: Record<string, Json>;
    required?: string[];
  };
  return Object.entries(properties).map(([name, { description, ...schema }]) => ({
    name,
    in: place,
    ...(description !== undefined && { description }),
    required: required.includes(name),
    schema,
  }));
}

/** A task's jobs are the submit body with this task and this input. */
function addTask(schemas: SchemaConverter, task: TaskAnnouncement): void {
  const name = `Input.${task.name}`;
  schemas.add(name, {
    ...(task.description !== undefined && { description: task.description }),
    ...task.inputSchema,
  });
  const submit = schemas.components['SubmitJob'] as { anyOf?: unknown[] } | undefined;
  if (task.body === 'bytes' || !submit) return;
  submit.anyOf ??= [{ title: 'any task' }];
  submit.anyOf.push({
    title: task.name,
    properties: { task: { const: task.name }, input: { $ref: `#/components/schemas/${name}` } },
  });
}
