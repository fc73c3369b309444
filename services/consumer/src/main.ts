import { runService } from '@heddle/service';
import { settings } from './settings.ts';
import { startWorker } from './start-worker.ts';

await runService({ name: 'consumer', opsPort: 9403, settings, start: startWorker });
