import { syncViewSchema } from '@heddle/contracts';
import { json } from './describe-content.ts';
import { problems } from './describe-problems.ts';
import type { RouteDescription } from './route-description.ts';

export const syncRoutes: readonly RouteDescription[] = [
  {
    method: 'get',
    path: '/v1/sync',
    summary: 'Locks and other named objects: who holds them, who waits for them, since when',
    description: 'What has been held or waited for for more than a second, up to two seconds old.',
    tags: ['sync'],
    responses: { 200: json('Holders and waiters', syncViewSchema), ...problems('recorder_unavailable') },
  },
];
