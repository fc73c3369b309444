/** Two who eat with one knife and one fork, and each takes the other thing first: a deadlock of two `Lock`s, found. */
import { Barrier, Lock, SyncSession } from '@heddle/sync';
import { role, startProcesses, url } from '../start-processes.mjs';

const TAKES = { Ada: ['fork', 'knife'], Ben: ['knife', 'fork'] };

// The error names sessions.
const session = await SyncSession.connect({ url, name: role });
const bothHold = new Barrier(session, 'example-both-hold', 2);

if (role === undefined) {
  await bothHold.reset();
  await startProcesses(Object.keys(TAKES));
} else {
  const [first, second] = TAKES[role].map((thing) => new Lock(session, thing));
  const eat = () => console.log(`${role} eats`);
  try {
    await first.run(async () => {
      await bothHold.wait('1m');
      await second.run(eat);
    });
  } catch (error) {
    if (error.name !== 'DeadlockError') throw error;
    // What was held has been let go of: the other one goes on. Now in its order.
    console.log(`${role} is refused ${error.message}`);
    await second.run(() => first.run(eat));
  }
  process.disconnect();
}
await session.close();
