import {
  deadGroupsSchema,
  deadQuerySchema,
  dropBodySchema,
  droppedSchema,
  dropQuerySchema,
  jobListSchema,
  replayBodySchema,
  replayedSchema,
} from '@heddle/contracts';
import { z } from 'zod';
import { json } from './describe-content.ts';
import { problems } from './describe-problems.ts';
import type { RouteDescription } from './route-description.ts';

export const deadRoutes: readonly RouteDescription[] = [
  {
    method: 'get',
    path: '/v1/dead',
    summary: 'Dead jobs, grouped by task, error and day; or the jobs of a group',
    description:
      'Without `task`, `error` and `day`: the groups. With any of them: the jobs that fit, newest first; a page may hold ' +
      'fewer than `limit` though there are more. `include=failed`: those that a handler refused for good as well.',
    tags: ['dead'],
    request: { query: deadQuerySchema },
    responses: {
      200: json('The groups, or a page of jobs', z.union([deadGroupsSchema, jobListSchema])),
      ...problems('invalid_request', 'invalid_cursor', 'recorder_unavailable'),
    },
  },
  {
    method: 'post',
    path: '/v1/dead/replay',
    summary: 'Send dead jobs again',
    description:
      'Each keeps its id and history. At most `limit` by one request, oldest first; repeat while `left` is more than 0.',
    tags: ['dead'],
    request: { body: { required: true, content: { 'application/json': { schema: replayBodySchema } } } },
    responses: {
      200: json('How many go again, which do not and why, how many are left', replayedSchema),
      ...problems(
        'invalid_json',
        'invalid_request',
        'invalid_input',
        'job_not_found',
        'not_replayable',
        'unsupported_media_type',
        'payload_too_large',
        'recorder_unavailable',
      ),
    },
  },
  {
    method: 'delete',
    path: '/v1/dead',
    summary: 'Drop dead jobs for good',
    tags: ['dead'],
    request: {
      query: dropQuerySchema,
      body: { required: false, content: { 'application/json': { schema: dropBodySchema } } },
    },
    responses: {
      200: json('How many were dropped, how many are left', droppedSchema),
      ...problems(
        'invalid_json',
        'invalid_request',
        'unsupported_media_type',
        'payload_too_large',
        'recorder_unavailable',
      ),
    },
  },
];
