import { runService } from '@heddle/service';
import { recorderSettings } from './settings.ts';
import { startRecorder } from './start-recorder.ts';

await runService({
  name: 'recorder',
  opsPort: 9404,
  settings: recorderSettings,
  start: ({ settings, log, metrics, broker }) =>
    startRecorder({
      broker,
      log,
      meters: metrics.meters,
      database: { url: settings.DATABASE_URL, folder: settings.HEDDLE_DATA },
      retentionMs: settings.HEDDLE_RETENTION,
    }),
});
