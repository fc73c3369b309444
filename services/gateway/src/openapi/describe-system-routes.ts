import { taskListSchema } from '@heddle/contracts';
import { z } from 'zod';
import { healthSchema, readinessSchema, workerListSchema } from './answer-schemas.ts';
import { binary, json } from './describe-content.ts';
import { problems } from './describe-problems.ts';
import type { RouteDescription } from './route-description.ts';

const html = (description: string) => ({
  description,
  content: { 'text/html': { schema: { type: 'string' } as const } },
});

export const systemRoutes: readonly RouteDescription[] = [
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
    path: '/',
    summary: 'Leads to the page that describes all this',
    tags: ['system'],
    responses: { 302: { description: 'To `/docs`' } },
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
