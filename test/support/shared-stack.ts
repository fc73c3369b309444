import { awaitTasks } from './await-tasks.ts';
import { HttpApi } from './http-api.ts';
import { type ServiceProcess, startService } from './service-process.ts';

/** The one stack of all feature tests: five services, one of each, with every built-in task. */
export interface SharedStack {
  readonly api: HttpApi;
  readonly amqpUrl: string;
  readonly pids: readonly number[];
  /** Adds a worker for tasks of a test's own, by their module's path; the test stops it. Resolves once they are known. */
  startWorker(tasks: string): Promise<ServiceProcess>;
}

/** What its notifier signs with. */
export const WEBHOOK_SECRET = `whsec_${Buffer.from('of the stack of the features').toString('base64')}`;

export interface StackRecord {
  readonly url: string;
  readonly amqpUrl: string;
  readonly data: string;
  readonly pids: readonly number[];
}

/**
 * Others use it at the same time: a test there knows its own jobs by their ids and tags, and neither stops a service, nor pauses
 * a task, nor counts what it has not made. A test that must do so starts a `SystemStack`.
 */
export function sharedStack(): SharedStack {
  const given = process.env['HEDDLE_TEST_STACK'];
  if (!given) throw new Error('HEDDLE_TEST_STACK is not set: the global set-up of this test has not run');
  const { url, amqpUrl, data, pids } = JSON.parse(given) as StackRecord;
  const api = new HttpApi(url);
  return {
    api,
    amqpUrl,
    pids,
    startWorker: async (tasks) => {
      const env = { AMQP_URL: amqpUrl, HEDDLE_DATA: data, HEDDLE_TASKS: tasks };
      const worker = await startService('consumer', env);
      await awaitTasks([worker], [url]);
      return worker;
    },
  };
}
