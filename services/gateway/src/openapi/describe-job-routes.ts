import {
  bulkLineSchema,
  cancelledSchema,
  cancelQuerySchema,
  jobListSchema,
  jobViewSchema,
  searchQuerySchema,
  submitBodySchema,
  submittedSchema,
} from '@heddle/contracts';
import { z } from 'zod';
import { binary, jobPath, json, keyHeader, preferHeader, SUBMIT_ERRORS } from './describe-content.ts';
import { problems } from './describe-problems.ts';
import type { RouteDescription } from './route-description.ts';

export const jobRoutes: readonly RouteDescription[] = [
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
      ...problems('invalid_json', 'idempotency_key_reused', 'key_in_use', ...SUBMIT_ERRORS),
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
    description:
      'Answers while it reads, a line for each line, in order: read the answer while you send. An `Idempotency-Key` is refused: each line may have a `key` of its own.',
    tags: ['jobs'],
    request: {
      body: { required: true, content: { 'application/x-ndjson': { schema: submitBodySchema } } },
    },
    responses: {
      200: {
        description: 'A line for each line',
        content: { 'application/x-ndjson': { schema: bulkLineSchema } },
      },
      ...problems(
        'unsupported_media_type',
        'invalid_request',
        'broker_unavailable',
        'broker_blocked',
        'overloaded',
      ),
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
    method: 'delete',
    path: '/v1/jobs/{id}',
    summary: 'Cancel a job',
    description: 'Wherever it is: queued, delayed, resting or running. What is cancelled already stays so.',
    tags: ['jobs'],
    request: { params: jobPath, query: cancelQuerySchema },
    responses: {
      200: json('It has ended as `cancelled`', cancelledSchema),
      202: json('It runs; its worker has been told to stop it', cancelledSchema),
      ...problems(
        'invalid_request',
        'job_not_found',
        'not_cancellable',
        'recorder_behind',
        'recorder_unavailable',
      ),
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
      ...problems(
        'job_not_found',
        'output_not_found',
        'result_expired',
        'range_not_satisfiable',
        'recorder_unavailable',
      ),
    },
  },
];
