import { runService } from '@heddle/service';
import { gatewaySettings } from './settings.ts';
import { startGateway } from './start-gateway.ts';

await runService({ name: 'gateway', opsPort: 9401, settings: gatewaySettings, start: startGateway });
