import { z } from 'zod';
import { eventQuerySchema } from '../events/stream-events.ts';
import { jobPath } from './describe-content.ts';
import { problems } from './describe-problems.ts';
import type { RouteDescription } from './route-description.ts';

const resumeHeader = z
  .string()
  .meta({ description: 'The id of the last event seen: the stream goes on after it, or says `gap`.' })
  .optional();
const eventStream = (description: string) => ({
  description,
  content: { 'text/event-stream': { schema: { type: 'string' } as const } },
});

export const eventRoutes: readonly RouteDescription[] = [
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
    path: '/v1/batches/{id}/events',
    summary: 'How far a batch is, live',
    description:
      'A `batch` event with the batch as GET shows it, now and with each change; ends with the batch. 204: all has been seen.',
    tags: ['events'],
    request: { params: jobPath, headers: z.object({ 'Last-Event-ID': resumeHeader }) },
    responses: {
      200: eventStream('Server-sent events'),
      204: { description: 'The last event seen was the last there is' },
      ...problems('batch_not_found', 'recorder_unavailable', 'overloaded'),
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
