import { jobViewSchema, submittedSchema, thumbnailQuerySchema } from '@heddle/contracts';
import { z } from 'zod';
import { picturesSchema } from './answer-schemas.ts';
import { binary, json, keyHeader, preferHeader, SUBMIT_ERRORS } from './describe-content.ts';
import { problems } from './describe-problems.ts';
import type { RouteDescription } from './route-description.ts';

export const thumbnailRoutes: readonly RouteDescription[] = [
  {
    method: 'post',
    path: '/v1/thumbnails',
    summary: 'Thumbnails of an image, or of many',
    tags: ['images'],
    request: {
      query: thumbnailQuerySchema,
      headers: z.object({ Prefer: preferHeader, 'Idempotency-Key': keyHeader }),
      body: {
        required: true,
        content: {
          'image/*': { schema: binary },
          'application/octet-stream': { schema: binary },
          'multipart/form-data': {
            schema: { type: 'object', properties: { file: { type: 'array', items: binary } } },
          },
        },
      },
    },
    responses: {
      200: json('`Prefer: wait`: the job, or all jobs, have ended', z.union([jobViewSchema, picturesSchema])),
      202: json(
        'A job an image, confirmed by the broker',
        z.union([submittedSchema.pick({ id: true }), picturesSchema]),
      ),
      ...problems(...SUBMIT_ERRORS),
    },
  },
];
