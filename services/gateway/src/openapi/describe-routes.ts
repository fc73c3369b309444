import { batchRoutes } from './describe-batch-routes.ts';
import { deadRoutes } from './describe-dead-routes.ts';
import { eventRoutes } from './describe-event-routes.ts';
import { gatherRoutes } from './describe-gather-route.ts';
import { jobRoutes } from './describe-job-routes.ts';
import { predictRoutes } from './describe-predict-route.ts';
import { queueRoutes } from './describe-queue-routes.ts';
import { scheduleRoutes } from './describe-schedule-routes.ts';
import { syncRoutes } from './describe-sync-route.ts';
import { systemRoutes } from './describe-system-routes.ts';
import { thumbnailRoutes } from './describe-thumbnail-routes.ts';
import type { RouteDescription } from './route-description.ts';

/** One description a route of `gatewayRoutes`. */
export const routeDescriptions: readonly RouteDescription[] = [
  ...jobRoutes,
  ...gatherRoutes,
  ...thumbnailRoutes,
  ...predictRoutes,
  ...batchRoutes,
  ...scheduleRoutes,
  ...deadRoutes,
  ...queueRoutes,
  ...syncRoutes,
  ...eventRoutes,
  ...systemRoutes,
];
