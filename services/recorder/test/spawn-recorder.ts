import type { TestVhost } from '../../../test/support/broker.ts';
import { type ServiceProcess, startService } from '../../../test/support/service-process.ts';
import type { TestDatabase } from './open-test-store.ts';

/** A recorder in a process of its own, on this database; resolves once it has started. */
export function spawnRecorder(vhost: TestVhost, database: TestDatabase): Promise<ServiceProcess> {
  const { url, folder } = database.options;
  return startService('recorder', {
    AMQP_URL: vhost.url,
    HEDDLE_DATA: folder,
    ...(url !== undefined && { DATABASE_URL: url }),
  });
}
