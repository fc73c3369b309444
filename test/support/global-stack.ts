import { type StackRecord, WEBHOOK_SECRET } from './shared-stack.ts';
import { SystemStack } from './system-stack.ts';

const FATAL = 60;

/** One stack for all feature tests. At the end none of its services may have ended or logged a fatal error. */
export async function setup(): Promise<() => Promise<void>> {
  const stack = await SystemStack.start({
    tasks: '',
    // Receivers of webhooks in tests listen on this machine.
    env: { HEDDLE_WEBHOOK_ALLOW: '127.0.0.0/8', HEDDLE_WEBHOOK_SECRET: WEBHOOK_SECRET },
  });
  const services = [...stack.services];
  const record: StackRecord = {
    url: stack.api.url,
    amqpUrl: stack.amqpUrl,
    data: stack.folder,
    pids: services.map(({ pid }) => pid),
  };
  process.env['HEDDLE_TEST_STACK'] = JSON.stringify(record);
  return async () => {
    await stack.stop();
    for (const service of services) {
      const code = await service.exited;
      const fatal = service.log.filter(({ level }) => level >= FATAL);
      if (code !== 0 || fatal.length > 0) {
        throw new Error(`${service.name} ended with ${code}; fatal errors: ${JSON.stringify(fatal)}`);
      }
    }
  };
}
