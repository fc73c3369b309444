import { numberSetting } from '@heddle/service';
import { z } from 'zod';

/** Settings of `image.classify`. */
export const modelSettings = {
  /** Path of an ONNX file: pictures of N × 3 × height × width in, scores or probabilities of N × labels out. Empty: the model of colours that Heddle brings. */
  HEDDLE_MODEL: z.string().default(''),
  /** Path of its labels: a text file with one a line, in the order of the model's outputs. */
  HEDDLE_LABELS: z.string().default(''),
  /** Pictures in one run of the model, at most. 1: each alone. */
  HEDDLE_CLASSIFY_BATCH: numberSetting(1, 1_024, 32),
  /** Milliseconds that a picture waits for others which are being decoded, at most. */
  HEDDLE_CLASSIFY_WAIT_MS: numberSetting(0, 1_000, 4),
};

const schema = z
  .object(modelSettings)
  .refine((settings) => !settings.HEDDLE_LABELS || settings.HEDDLE_MODEL, {
    error: 'expected HEDDLE_MODEL too: labels alone name nothing',
  });
export type ModelSettings = z.infer<typeof schema>;

/** The settings as the environment says: tasks are modules of their own and get them from nobody. */
export function readModelSettings(env: NodeJS.ProcessEnv = process.env): ModelSettings {
  const given = Object.keys(modelSettings).filter((name) => env[name] !== undefined && env[name] !== '');
  return schema.parse(Object.fromEntries(given.map((name) => [name, env[name]])));
}
