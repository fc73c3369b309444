import {
  batchBodySchema,
  batchListQuerySchema,
  batchListSchema,
  batchQuerySchema,
  batchResultsQuerySchema,
  batchResultsSchema,
  batchViewSchema,
  submittedBatchSchema,
} from '@heddle/contracts';
import { z } from 'zod';
import { jobPath, json, keyHeader, SUBMIT_ERRORS } from './describe-content.ts';
import { problems } from './describe-problems.ts';
import type { RouteDescription } from './route-description.ts';

const NOT_FOUND = problems('batch_not_found', 'recorder_unavailable');

export const batchRoutes: readonly RouteDescription[] = [
  {
    method: 'post',
    path: '/v1/batches',
    summary: 'Submit many jobs as one',
    description:
      'The inputs as a list, one a job or `chunk` of them as `items`, or a range of numbers in chunks, or a folder of files that the producers see; or as NDJSON, an input a line, with `task` and the other ' +
      'fields in the query. Every input is checked before anything runs. JSON has the size of a message at most, NDJSON any.',
    tags: ['batches'],
    request: {
      query: batchQuerySchema.partial(),
      headers: z.object({ 'Idempotency-Key': keyHeader }),
      body: {
        required: true,
        content: {
          'application/json': { schema: batchBodySchema },
          'application/x-ndjson': { schema: z.unknown() },
        },
      },
    },
    responses: {
      202: json('The recorder has the batch; `Location` is its page', submittedBatchSchema),
      ...problems('invalid_json', 'idempotency_key_reused', 'recorder_unavailable', ...SUBMIT_ERRORS),
    },
  },
  {
    method: 'get',
    path: '/v1/batches',
    summary: 'Batches, newest first',
    tags: ['batches'],
    request: { query: batchListQuerySchema },
    responses: {
      200: json('A page of batches; `next` is the cursor of the next', batchListSchema),
      ...problems('invalid_request', 'invalid_cursor', 'recorder_unavailable'),
    },
  },
  {
    method: 'get',
    path: '/v1/batches/{id}',
    summary: 'A batch: its state, how many jobs have ended and how, its result',
    tags: ['batches'],
    request: { params: jobPath },
    responses: { 200: json('The batch', batchViewSchema), ...NOT_FOUND },
  },
  {
    method: 'get',
    path: '/v1/batches/{id}/results',
    summary: "The results of a batch's jobs, in the order of the inputs",
    tags: ['batches'],
    request: { params: jobPath, query: batchResultsQuerySchema },
    responses: {
      200: json('A page of results; `next` is the `first` of the next', batchResultsSchema),
      ...problems('invalid_request', 'batch_not_found', 'recorder_unavailable'),
    },
  },
  {
    method: 'delete',
    path: '/v1/batches/{id}',
    summary: 'Cancel what is left of a batch',
    tags: ['batches'],
    request: { params: jobPath },
    responses: {
      200: json('No more of its jobs begin; those that run are told to stop', batchViewSchema),
      ...problems('batch_not_found', 'not_cancellable', 'recorder_unavailable'),
    },
  },
];
