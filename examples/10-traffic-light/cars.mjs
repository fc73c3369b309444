/** Cars wait for a green light: an `Event` between processes. */
import { Event, SyncSession } from '@heddle/sync';
import { role, startProcesses, url } from '../start-processes.mjs';

const CARS = ['red Fiat', 'blue Volvo', 'old Trabant'];

const session = await SyncSession.connect({ url });
const green = new Event(session, 'example-green');

if (role === undefined) {
  await green.clear();
  const turnGreen = async () => {
    console.log('the light turns green');
    await green.set();
  };
  let waiting = 0;
  await startProcesses(CARS, () => {
    waiting += 1;
    if (waiting === CARS.length) void turnGreen();
  });
} else {
  console.log(`${role}: ${(await green.isSet()) ? 'green already' : 'stops'}`);
  process.send('here');
  await green.wait();
  console.log(`${role}: drives`);
  process.disconnect();
}
await session.close();
