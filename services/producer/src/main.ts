import { baseSettings, runService } from '@heddle/service';
import { moveDropped } from './dropped/move-dropped.ts';

/** What the broker set aside gets its reason here. Batches, schedules and imports come with later versions. */
await runService({
  name: 'producer',
  opsPort: 9402,
  settings: baseSettings,
  start: ({ broker, log }) => moveDropped(broker, log),
});
