/** Decimal to binary: one process divides and stacks the remainders, another takes them off: a `LifoQueue` between them. */
import { LifoQueue, SyncSession } from '@heddle/sync';
import { role, startProcesses, url } from '../start-processes.mjs';

const NUMBER = 2026;

const session = await SyncSession.connect({ url });
const digits = new LifoQueue(session, 'example-binary');

if (role === undefined) {
  await digits.delete();
  await startProcesses(['divider']);
  let binary = '';
  while (!(await digits.empty())) {
    binary += await digits.getNowait();
    await digits.taskDone();
  }
  console.log(`${NUMBER} is ${binary}`);
} else {
  for (let left = NUMBER; left > 0; left = Math.floor(left / 2)) await digits.put(left % 2);
  process.disconnect();
}
await session.close();
