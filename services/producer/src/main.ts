import { runService } from '@heddle/service';
import { producerSettings } from './settings.ts';
import { startProducer } from './start-producer.ts';

await runService({ name: 'producer', opsPort: 9402, settings: producerSettings, start: startProducer });
