/** Fifteen heartbeats: a `Timer` whose task runs on a worker, and which is started again by each beat. */
import { Executor } from '@heddle/client';
import { Timer } from '@heddle/sync';
import { url } from '../start-processes.mjs';

const executor = await Executor.connect({ url });
for (let beat = 1; beat <= 15; beat += 1) {
  const timer = new Timer(executor, '100ms', 'debug.echo', beat);
  await timer.start();
  console.log('beat', await timer.future.result());
}
const last = new Timer(executor, '1h', 'debug.echo', 16);
await last.start();
await last.cancel();
console.log(last.future.cancelled() ? 'stopped' : 'goes on');
await executor.shutdown();
