import { pausedSchema, queueListSchema, taskNameSchema } from '@heddle/contracts';
import { z } from 'zod';
import { json } from './describe-content.ts';
import { problems } from './describe-problems.ts';
import type { RouteDescription } from './route-description.ts';

const taskPath = z.object({ task: taskNameSchema });
const PAUSE_ERRORS = problems('unknown_task', 'invalid_request', 'recorder_unavailable');

export const queueRoutes: readonly RouteDescription[] = [
  {
    method: 'get',
    path: '/v1/queues',
    summary: 'The queue of each announced task: what waits, who works, whether it is paused',
    tags: ['queues'],
    responses: {
      200: json('The queues; up to a second old', queueListSchema),
      ...problems('recorder_unavailable'),
    },
  },
  {
    method: 'post',
    path: '/v1/queues/{task}/pause',
    summary: 'No worker begins a job of the task until it is resumed',
    description: 'Jobs that run go on to their end; new ones are taken and wait.',
    tags: ['queues'],
    request: { params: taskPath },
    responses: { 200: json('It is paused', pausedSchema), ...PAUSE_ERRORS },
  },
  {
    method: 'post',
    path: '/v1/queues/{task}/resume',
    summary: 'Workers take jobs of the task again',
    tags: ['queues'],
    request: { params: taskPath },
    responses: { 200: json('It is not paused', pausedSchema), ...PAUSE_ERRORS },
  },
];
