/** A maker, two users, and room for three parts between them: a bounded `Queue`. The end is when every part is used: `join`. */
import { Queue, SyncSession } from '@heddle/sync';
import { role, startProcesses, url } from '../start-processes.mjs';

const PARTS = 12;
const USERS = ['Ann', 'Bob'];

const session = await SyncSession.connect({ url });
const line = new Queue(session, 'example-line', { maxsize: 3 });

if (role === undefined) {
  await line.delete();
  await startProcesses(['maker', ...USERS]);
} else if (role === 'maker') {
  for (let part = 1; part <= PARTS; part += 1) await line.put(part);
  await line.join();
  console.log('every part is used');
  for (const _ of USERS) await line.put('go home');
  process.disconnect();
} else {
  for (let part = await line.get(); part !== 'go home'; part = await line.get()) {
    console.log(`${role} uses part ${part}`);
    await line.taskDone();
  }
  await line.taskDone();
  process.disconnect();
}
await session.close();
