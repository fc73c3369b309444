/** Four runners, each a process, who start when all are there: a `Barrier`. */
import { Barrier, SyncSession } from '@heddle/sync';
import { role, startProcesses, url } from '../start-processes.mjs';

const RUNNERS = ['Ada', 'Ben', 'Cleo', 'Dan'];

const session = await SyncSession.connect({ url });
const start = new Barrier(session, 'example-start', RUNNERS.length);

if (role === undefined) {
  await start.reset();
  await startProcesses(RUNNERS);
} else {
  console.log(`${role} is ready`);
  const place = await start.wait('1m');
  console.log(`${role} runs, and was number ${place + 1} at the start`);
  process.disconnect();
}
await session.close();
