import { type ErrorCode, jobIdSchema } from '@heddle/contracts';
import { z } from 'zod';

/** The path of what has a job's kind of id. */
export const jobPath = z.object({ id: jobIdSchema });
export const preferHeader = z
  .string()
  .meta({
    description:
      'RFC 7240: `wait=SECONDS` answers 200 with the job if it ends in that time (at most 120 s), else 202.',
  })
  .optional();
export const keyHeader = z
  .string()
  .min(1)
  .max(255)
  .meta({ description: 'The same key with the same body gives the same job again; with another body, 422.' })
  .optional();

/** What any submit of a job may be refused with. */
export const SUBMIT_ERRORS: ErrorCode[] = [
  'unknown_task',
  'payload_too_large',
  'unsupported_media_type',
  'invalid_request',
  'invalid_input',
  'broker_unavailable',
  'broker_blocked',
  'overloaded',
];

export const json = (description: string, schema: z.ZodType) => ({
  description,
  content: { 'application/json': { schema } },
});
export const binary = { type: 'string', format: 'binary' } as const;
