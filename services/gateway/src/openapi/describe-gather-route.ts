import { aggregateQuerySchema, aggregateSchema, gatherBodySchema, gatheredSchema } from '@heddle/contracts';
import { binary, json, SUBMIT_ERRORS } from './describe-content.ts';
import { problems } from './describe-problems.ts';
import type { RouteDescription } from './route-description.ts';

export const gatherRoutes: readonly RouteDescription[] = [
  {
    method: 'post',
    path: '/v1/gather',
    summary: 'Run many small jobs and get one answer',
    description:
      'Up to 1,000 jobs, of one task or of several, run side by side; the answer has their results in their order, when all ' +
      'have ended or at the deadline. What has not ended by then is `unfinished`.',
    tags: ['jobs'],
    request: { body: { required: true, content: { 'application/json': { schema: gatherBodySchema } } } },
    responses: {
      200: json('What has ended by the deadline; `complete`: everything succeeded', gatheredSchema),
      ...problems('invalid_json', ...SUBMIT_ERRORS),
    },
  },
  {
    method: 'post',
    path: '/v1/aggregate',
    summary: 'Count and add up the columns of a file',
    description:
      'NDJSON or CSV of any size, as the body. It is cut into chunks, which the workers do side by side; the answer is exactly what one ' +
      'process would give. `fields` are columns of numbers, `groupBy` those whose values make a group.',
    tags: ['jobs'],
    request: {
      query: aggregateQuerySchema,
      body: {
        required: true,
        content: { 'text/csv': { schema: binary }, 'application/x-ndjson': { schema: binary } },
      },
    },
    responses: {
      200: json('The groups, in the order of their keys', aggregateSchema),
      ...problems('data_unreadable', 'data_too_many_groups', ...SUBMIT_ERRORS),
    },
  },
];
