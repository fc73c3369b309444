import { baseSettings, runService } from '@heddle/service';
import { readEvents } from './read-events.ts';

/**
 * Keeps the notifier's place in the topology and nothing more yet: it reads its copy of the events and settles them.
 * Signed webhooks come with a later version; until then the gateway refuses a job that asks for one.
 */
await runService({
  name: 'notifier',
  opsPort: 9405,
  settings: baseSettings,
  start: ({ broker, log, metrics }) => readEvents(broker, log, metrics.registry),
});
