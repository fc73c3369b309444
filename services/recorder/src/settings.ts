import { baseSettings, durationSetting, urlSetting } from '@heddle/service';
import { z } from 'zod';

export const recorderSettings = baseSettings.extend({
  /** Where the embedded database lies when there is no `DATABASE_URL`. */
  HEDDLE_DATA: z.string().min(1).default('.heddle'),
  /** PostgreSQL, which several recorders may share. */
  DATABASE_URL: urlSetting(['postgres:', 'postgresql:']).optional(),
  /** How long a job is kept after it has ended. */
  HEDDLE_RETENTION: durationSetting('30d'),
});
