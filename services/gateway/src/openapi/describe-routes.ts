import {
  bulkLineSchema,
  type ErrorCode,
  jobIdSchema,
  jobListSchema,
  jobViewSchema,
  searchQuerySchema,
  submitBodySchema,
  submittedSchema,
  taskListSchema,
  thumbnailQuerySchema,
} from '@heddle/contracts';
import { z } from 'zod';
import { eventQuerySchema } from '../events/stream-events.ts';
import { healthSchema, picturesSchema, readinessSchema, workerListSchema } from './answer-schemas.ts';
import { problems } from './describe-problems.ts';
import type { RouteDescription } from './route-description.ts';

const jobPath = z.object({ id: jobIdSchema });
const preferHeader = z
  .string()
  .meta({
    description: 'RFC 7240: `wait=SECONDS` answers 200 with the job if it ends in that time (at most 120 s).',
  })
  .optional();
const keyHeader = z
  .string()
  .min(1)
  .max(255)
  .meta({ description: 'The same key with the same body gives the same job again; with another body, 422.' })
  .optional();
const resumeHeader = z
  .string()
  .meta({ description: 'The id of the last event seen: the stream goes on after it, or says `gap`.' })
  .optional();

const SUBMIT_ERRORS: ErrorCode[] = [
  'unknown_task',
  'payload_too_large',
  'unsupported_media_type',
  'invalid_request',
  'invalid_input',
  'broker_unavailable',
  'broker_blocked',
  'overloaded',
];

const json = (description: string, schema: z.ZodType) => ({
  description,
  content: { 'application/json': { schema } },
});
const binary = { type: 'string', format: 'binary' } as const;
const eventStream = (description: string) => ({
  description,
  content: { 'text/event-stream': { schema: { type: 'string' } as const } },
});

const jobRoutes: RouteDescription[] = [
  {
    method: 'post',
    path: '/v1/jobs',
    summary: 'Submit a job',
    tags: ['jobs'],
    request: {
      headers: z.object({ Prefer: preferHeader, 'Idempotency-Key': keyHeader }),
      body: { required: true, content: { 'application/json': { schema: submitBodySchema } } },
    },
    responses: {
      200: json('`Prefer: wait`: the job has ended', jobViewSchema),
      202: json('The broker has confirmed the job; `Location` is its page', submittedSchema),
      ...problems('invalid_json', 'idempotency_key_reused', ...SUBMIT_ERRORS),
    },
  },
  {
    method: 'get',
    path: '/v1/jobs',
    summary: 'Search jobs, newest first',
    tags: ['jobs'],
    request: { query: searchQuerySchema },
    responses: {
      200: json('A page of jobs; `next` is the cursor of the next', jobListSchema),
      ...problems('invalid_request', 'invalid_cursor', 'recorder_unavailable'),
    },
  },
  {
    method: 'post',
    path: '/v1/jobs/bulk',
    summary: 'Submit many jobs, one a line',
    description: 'Answers while it reads, a line for each line, in order: read the answer while you send.',
    tags: ['jobs'],
    request: {
      body: { required: true, content: { 'application/x-ndjson': { schema: submitBodySchema } } },
    },
    responses: {
      200: {
        description: 'A line for each line',
        content: { 'application/x-ndjson': { schema: bulkLineSchema } },
      },
      ...problems('unsupported_media_type', 'broker_unavailable', 'broker_blocked', 'overloaded'),
    },
  },
  {
    method: 'get',
    path: '/v1/jobs/{id}',
    summary: 'A job with its state, result and outputs',
    tags: ['jobs'],
    request: { params: jobPath },
    responses: {
      200: json('The job', jobViewSchema),
      ...problems('job_not_found', 'recorder_behind', 'recorder_unavailable'),
    },
  },
  {
    method: 'get',
    path: '/v1/jobs/{id}/outputs/{name}',
    summary: 'The bytes of an output',
    tags: ['jobs'],
    request: {
      params: jobPath.extend({ name: z.string().min(1).max(200) }),
      headers: z.object({
        Range: z.string().optional(),
        'If-Range': z.string().optional(),
        'If-None-Match': z.string().optional(),
      }),
    },
    responses: {
      200: { description: 'All of it; the ETag is its SHA-256', content: { '*/*': { schema: binary } } },
      206: { description: 'The range asked for', content: { '*/*': { schema: binary } } },
      304: { description: 'The client has it already' },
      ...problems('job_not_found', 'output_not_found', 'range_not_satisfiable', 'recorder_unavailable'),
    },
  },
  {
    method: 'post',
    path: '/v1/thumbnails',
    summary: 'Thumbnails of an image, or of many',
    tags: ['images'],
    request: {
      query: thumbnailQuerySchema,
      headers: z.object({ Prefer: preferHeader, 'Idempotency-Key': keyHeader }),
      body: {
        required: true,
        content: {
          'image/*': { schema: binary },
          'application/octet-stream': { schema: binary },
          'multipart/form-data': {
            schema: { type: 'object', properties: { file: { type: 'array', items: binary } } },
          },
        },
      },
    },
    responses: {
      200: json('`Prefer: wait`: the job, or all jobs, have ended', z.union([jobViewSchema, picturesSchema])),
      202: json(
        'A job an image, confirmed by the broker',
        z.union([submittedSchema.pick({ id: true }), picturesSchema]),
      ),
      ...problems(...SUBMIT_ERRORS),
    },
  },
];

const eventRoutes: RouteDescription[] = [
  {
    method: 'get',
    path: '/v1/jobs/{id}/events',
    summary: 'What happens to a job, live',
    description: 'A `snapshot` of the job, then its events; ends with the job. 204: all has been seen.',
    tags: ['events'],
    request: { params: jobPath, headers: z.object({ 'Last-Event-ID': resumeHeader }) },
    responses: {
      200: eventStream('Server-sent events'),
      204: { description: 'The last event seen was the last there is' },
      ...problems('job_not_found', 'recorder_behind', 'recorder_unavailable', 'overloaded'),
    },
  },
  {
    method: 'get',
    path: '/v1/events',
    summary: 'What happens to all jobs, live',
    tags: ['events'],
    request: { query: eventQuerySchema, headers: z.object({ 'Last-Event-ID': resumeHeader }) },
    responses: {
      200: eventStream('Server-sent events'),
      ...problems('invalid_request', 'recorder_unavailable', 'overloaded'),
    },
  },
];

const html = (description: string) => ({
  description,
  content: { 'text/html': { schema: { type: 'string' } as const } },
});

const systemRoutes: RouteDescription[] = [
  {
    method: 'get',
    path: '/v1/tasks',
    summary: 'The tasks that workers have announced',
    tags: ['system'],
    responses: { 200: json('The tasks', taskListSchema), ...problems('recorder_unavailable') },
  },
  {
    method: 'get',
    path: '/v1/workers',
    summary: 'The workers that have lately given a sign of life',
    tags: ['system'],
    responses: { 200: json('The workers', workerListSchema) },
  },
  {
    method: 'get',
    path: '/openapi.json',
    summary: 'This description',
    tags: ['system'],
    responses: { 200: json('OpenAPI 3.1', z.record(z.string(), z.unknown())) },
  },
  {
    method: 'get',
    path: '/docs',
    summary: 'This description as a page',
    tags: ['system'],
    responses: { 200: html('The page') },
  },
  {
    method: 'get',
    path: '/docs/{asset}',
    summary: 'A file of that page',
    tags: ['system'],
    request: { params: z.object({ asset: z.string() }) },
    responses: {
      200: { description: 'The file', content: { '*/*': { schema: binary } } },
      ...problems('route_not_found'),
    },
  },
  {
    method: 'get',
    path: '/healthz',
    summary: 'Whether the process lives',
    tags: ['system'],
    responses: { 200: json('It does', healthSchema) },
  },
  {
    method: 'get',
    path: '/readyz',
    summary: 'Whether it can do its work',
    tags: ['system'],
    responses: { 200: json('It can', readinessSchema), 503: json('It cannot, and why', readinessSchema) },
  },
];

/** One description a route of `gatewayRoutes`. */
export const routeDescriptions: readonly RouteDescription[] = [...jobRoutes, ...eventRoutes, ...systemRoutes];
