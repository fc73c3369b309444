import { runService } from '@heddle/service';
import { notifierSettings } from './settings.ts';
import { startNotifier } from './start-notifier.ts';

await runService({
  name: 'notifier',
  opsPort: 9405,
  settings: notifierSettings,
  start: (context) => startNotifier(context),
});
