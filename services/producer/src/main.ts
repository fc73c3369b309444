import { baseSettings, runService } from '@heddle/service';
import { startProducer } from './start-producer.ts';

await runService({ name: 'producer', opsPort: 9402, settings: baseSettings, start: startProducer });
