/** What is to be done when a job has ended is said when it is submitted. */
import { Executor } from '@heddle/client';
import { url } from '../start-processes.mjs';

const executor = await Executor.connect({ url });
const report = async (future) => {
  const error = future.cancelled() ? 'cancelled' : (await future.exception())?.message;
  console.log(`${future.task}: ${error ?? JSON.stringify(await future.result())}`);
};
for (const future of [
  executor.submit('debug.echo', 'hello'),
  executor.submit('debug.fail', { message: 'no luck' }),
]) {
  future.addDoneCallback((done) => void report(done));
}
const late = executor.submit('debug.echo', 'too late', { delay: '1h' });
await late.accepted;
late.addDoneCallback((done) => void report(done));
await late.cancel();
await executor.shutdown();
