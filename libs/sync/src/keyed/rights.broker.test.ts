import { connectBroker, silentLog } from '@heddle/broker';
import { expect, it, onTestFinished } from 'vitest';
import { createVhost } from '../../../../test/support/broker.ts';
import { SyncSession } from '../session/sync-session.ts';
import { Queue } from './queues.ts';

it('who may not ask the recorder is told so, and does not wait for ever', async () => {
  const vhost = await createVhost();
  onTestFinished(() => vhost.drop());
  // What is shared is there, as the recorder makes it.
  const shared = await connectBroker({ url: vhost.url, service: 'test', instance: 'test', log: silentLog });
  await shared.close();
  const rights = { configure: '.*', write: '^(?!heddle\\.requests$)', read: '.*' };
  const session = await SyncSession.connect({ url: await vhost.addUser('silent', rights) });
  onTestFinished(() => session.close());
  await expect(new Queue(session, 'refused').get()).rejects.toMatchObject({
    name: 'RuntimeError',
    message: 'the broker refuses what the recorder is asked',
  });
});
