import { z } from 'zod';
import { MAX_PATH_LENGTH } from './batch.ts';
import { queryNumber } from './query-number.ts';

/** The input of `image.classify`, beside the picture's bytes. */
export const classifyInputSchema = z
  .strictObject({
    /** How many labels to name, the likeliest first. */
    top: z.int().min(1).max(1_000).default(5),
    /** Where the picture comes from; it comes back with the result. */
    file: z.string().max(MAX_PATH_LENGTH).exactOptional(),
  })
  .meta({ id: 'ClassifyInput' });

/** The result of `image.classify`. */
export const predictionsSchema = z.object({
  file: z.string().exactOptional(),
  predictions: z.array(z.object({ label: z.string(), probability: z.number().min(0).max(1) })),
});
export type Predictions = z.infer<typeof predictionsSchema>;

/** Query parameters of `POST /v1/predict`. */
export const predictQuerySchema = z.strictObject({
  top: queryNumber(z.int().min(1).max(1_000)).exactOptional(),
});

/** The answer of `POST /v1/predict`. */
export const predictAnswerSchema = predictionsSchema
  .omit({ file: true })
  .extend({ success: z.literal(true) })
  .meta({ id: 'PredictAnswer' });
