import { baseSettings, durationSetting, numberSetting } from '@heddle/service';
import { z } from 'zod';
import { modelSettings } from './inference/model-settings.ts';
import { slotsSetting } from './registry/count-slots.ts';
import { webSettings } from './web/web-settings.ts';

export const settings = baseSettings.extend({
  /** Names, patterns such as `image.*` and paths of modules, with commas between; empty: all built in. */
  HEDDLE_TASKS: z.string().default(''),
  /** Jobs of each task at once: `4`, or `image.*=2,web.title=50`; empty: what the task says. */
  HEDDLE_CONCURRENCY: slotsSetting,
  /** Mebibytes of memory a child process may use before it is ended, and its job with it. */
  HEDDLE_PROCESS_MEMORY_MB: numberSetting(64, 1_048_576, 1_024),
  /** Jobs after which a child process is replaced by a fresh one. */
  HEDDLE_PROCESS_JOBS: numberSetting(1, 1_000_000_000, 5_000),
  ...modelSettings,
  ...webSettings,
  /** How long a message may be held; less than half of the broker's `consumer_timeout`, which is 30 minutes by default. */
  HEDDLE_GUARD_AFTER: durationSetting('10m'),
});
export type ConsumerSettings = z.infer<typeof settings>;
