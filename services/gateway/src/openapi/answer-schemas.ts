import { jobIdSchema, jobViewSchema, problemSchema, taskNameSchema } from '@heddle/contracts';
import { z } from 'zod';

/** What became of each file of a form, in its order. */
export const picturesSchema = z
  .object({
    jobs: z.array(
      z.union([
        z.object({ name: z.string(), id: jobIdSchema, job: jobViewSchema.optional() }),
        z.object({ name: z.string(), error: problemSchema }),
      ]),
    ),
  })
  .meta({ id: 'Pictures' });

export const workerListSchema = z
  .object({
    workers: z.array(
      z.object({
        worker: z.string(),
        tasks: z.array(taskNameSchema),
        running: z.int(),
        seenAt: z.iso.datetime(),
      }),
    ),
  })
  .meta({ id: 'WorkerList' });

export const healthSchema = z.object({ status: z.literal('ok') }).meta({ id: 'Health' });

export const readinessSchema = z
  .object({ ready: z.boolean(), reasons: z.array(z.string()) })
  .meta({ id: 'Readiness' });
