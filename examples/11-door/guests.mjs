/** Twenty guests, a door that five can pass at a time: a `Semaphore` between processes. */
import { setTimeout as pass } from 'node:timers/promises';
import { Semaphore, SyncSession } from '@heddle/sync';
import { role, startProcesses, url } from '../start-processes.mjs';

const BUSES = ['north', 'east', 'south', 'west'];

if (role === undefined) {
  await startProcesses(BUSES);
} else {
  const session = await SyncSession.connect({ url });
  const door = new Semaphore(session, 'example-door', 5);
  const enter = (guest) =>
    door.run(async () => {
      console.log(`in ${role} ${guest}`);
      await pass(20);
      console.log(`out ${role} ${guest}`);
    });
  await Promise.all([1, 2, 3, 4, 5].map(enter));
  await session.close();
  process.disconnect();
}
