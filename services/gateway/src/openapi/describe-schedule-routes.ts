import {
  scheduleBodySchema,
  scheduleChangeSchema,
  scheduleDeletedSchema,
  scheduleListSchema,
  scheduleViewSchema,
  submittedSchema,
} from '@heddle/contracts';
import { z } from 'zod';
import { json, keyHeader } from './describe-content.ts';
import { problems } from './describe-problems.ts';
import type { RouteDescription } from './route-description.ts';

const schedulePath = z.object({ id: z.string() });
const NOT_FOUND = problems('schedule_not_found', 'recorder_unavailable');
const PUT_ERRORS = [
  'invalid_json',
  'invalid_request',
  'invalid_input',
  'unknown_task',
  'unsupported_media_type',
  'payload_too_large',
  'recorder_unavailable',
] as const;

export const scheduleRoutes: readonly RouteDescription[] = [
  {
    method: 'post',
    path: '/v1/schedules',
    summary: 'Make a job again and again: by cron with a time zone, or by interval',
    description:
      'Posting an id that is there already changes that schedule; what it has done so far stays with it.',
    tags: ['schedules'],
    request: { body: { required: true, content: { 'application/json': { schema: scheduleBodySchema } } } },
    responses: {
      200: json('The schedule was there, and is now so', scheduleViewSchema),
      201: json('The schedule is new; `Location` is its page', scheduleViewSchema),
      ...problems(...PUT_ERRORS),
    },
  },
  {
    method: 'get',
    path: '/v1/schedules',
    summary: 'All schedules, with their next and last run',
    tags: ['schedules'],
    responses: { 200: json('The schedules', scheduleListSchema), ...problems('recorder_unavailable') },
  },
  {
    method: 'get',
    path: '/v1/schedules/{id}',
    summary: 'A schedule',
    tags: ['schedules'],
    request: { params: schedulePath },
    responses: { 200: json('The schedule', scheduleViewSchema), ...NOT_FOUND },
  },
  {
    method: 'post',
    path: '/v1/schedules/{id}',
    summary: 'Change a part of a schedule, or pause it and let it go on',
    tags: ['schedules'],
    request: {
      params: schedulePath,
      body: { required: true, content: { 'application/json': { schema: scheduleChangeSchema } } },
    },
    responses: {
      200: json('The schedule as it is now', scheduleViewSchema),
      ...problems('schedule_not_found', ...PUT_ERRORS),
    },
  },
  {
    method: 'delete',
    path: '/v1/schedules/{id}',
    summary: 'Delete a schedule; its jobs stay',
    tags: ['schedules'],
    request: { params: schedulePath },
    responses: { 200: json('It is gone', scheduleDeletedSchema), ...NOT_FOUND },
  },
  {
    method: 'post',
    path: '/v1/schedules/{id}/run',
    summary: 'Make one job of it now, also while it is paused',
    tags: ['schedules'],
    request: { params: schedulePath, headers: z.object({ 'Idempotency-Key': keyHeader }) },
    responses: {
      202: json('The broker has confirmed the job; `Location` is its page', submittedSchema),
      ...problems(
        'schedule_not_found',
        'idempotency_key_reused',
        'recorder_unavailable',
        'broker_unavailable',
        'broker_blocked',
      ),
    },
  },
];
