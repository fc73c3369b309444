import { runService } from '@heddle/service';
import { gatewaySettings } from './settings.ts';
import { startGateway } from './start-gateway.ts';

await runService({
  name: 'gateway',
  opsPort: 9401,
  settings: gatewaySettings,
  // Clients get a 503 that says why and when to come again, not a refused connection.
  startsWithoutBroker: true,
  start: startGateway,
});
