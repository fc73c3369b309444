import { fileURLToPath } from 'node:url';
import { connectBroker, silentLog } from '@heddle/broker';
import { plannedText } from '@heddle/contracts';
import { leastPermissionsOf, topicPermissionsOf } from '../../scripts/generate/least-permissions.ts';
import { services } from '../../scripts/generate/permissions-document.ts';
import { selectTasks } from '../../services/consumer/src/registry/select-tasks.ts';
import { createVhost, type TestVhost } from './broker.ts';

export type Service = (typeof services)[number];

/** `HEDDLE_TASKS` of the worker there; it has no business with other built-in tasks. */
export const OWN_TASKS = `debug.*,ledger.deposit,${fileURLToPath(new URL('../system/tasks/bounded-tasks.mjs', import.meta.url))}`;
export const NOT_ITS_OWN = 'image.thumbnail';
const OTHER_TASKS = [NOT_ITS_OWN, 'mail.send:concurrency:rate=1m:lanes=2'];

/** A virtual host where everything was declared beforehand, with one user a service, who may declare nothing. */
export interface LeastPrivilege {
  readonly vhost: TestVhost;
  /** Of each service's user. */
  readonly urls: Readonly<Record<Service, string>>;
  /** The names of the worker's tasks. */
  readonly tasks: readonly string[];
}

export async function setUpLeastPrivilege(): Promise<LeastPrivilege> {
  const vhost = await createVhost();
  const planned = [...(await selectTasks(OWN_TASKS)).values()].map(({ task }) => plannedText(task));
  const tasks = planned.map((task) => task.replace(/:.*/, ''));
  const admin = await connectBroker({
    url: vhost.url,
    service: 'declare',
    instance: 'declare',
    log: silentLog,
  });
  await admin.declareBeforehand([...planned, ...OTHER_TASKS]);
  await admin.close();
  const urls = {} as Record<Service, string>;
  for (const service of services) {
    const rights = leastPermissionsOf(service, tasks);
    urls[service] = await vhost.addUser(service, rights, topicPermissionsOf(service, tasks));
  }
  return { vhost, urls, tasks };
}
