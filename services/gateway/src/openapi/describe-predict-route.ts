import { predictAnswerSchema, predictQuerySchema } from '@heddle/contracts';
import { binary, json, SUBMIT_ERRORS } from './describe-content.ts';
import { problems } from './describe-problems.ts';
import type { RouteDescription } from './route-description.ts';

export const predictRoutes: readonly RouteDescription[] = [
  {
    method: 'post',
    path: '/v1/predict',
    summary: 'What an image shows, as the model of image.classify sees it',
    tags: ['images'],
    request: {
      query: predictQuerySchema,
      body: {
        required: true,
        content: { 'image/*': { schema: binary }, 'application/octet-stream': { schema: binary } },
      },
    },
    responses: {
      200: json('The likeliest labels, best first', predictAnswerSchema),
      ...problems(
        ...SUBMIT_ERRORS,
        'overloaded',
        'image_unrecognised',
        'image_format_refused',
        'image_corrupt',
        'image_too_large',
        'model_unavailable',
        'task_failed',
        'timed_out',
      ),
    },
  },
];
