/** One process adds until there are five, another takes until there are none, in turns: a `Condition` about a number in a file. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Condition, SyncSession } from '@heddle/sync';
import { role, startProcesses, url } from '../start-processes.mjs';

const ROUNDS = 2;

if (role === undefined) {
  const folder = mkdtempSync(join(tmpdir(), 'heddle-five-'));
  process.env['EXAMPLE_NUMBER'] = join(folder, 'number');
  writeFileSync(process.env['EXAMPLE_NUMBER'], '0');
  await startProcesses(['add', 'take']);
  rmSync(folder, { recursive: true });
} else {
  const session = await SyncSession.connect({ url });
  const turn = new Condition(session, 'example-five');
  const file = process.env['EXAMPLE_NUMBER'];
  const number = () => Number(readFileSync(file, 'utf8'));
  const [from, to, step] = role === 'add' ? [0, 5, 1] : [5, 0, -1];
  for (let round = 0; round < ROUNDS; round += 1) {
    await turn.run(async () => {
      await turn.waitFor(() => number() === from);
      while (number() !== to) {
        writeFileSync(file, String(number() + step));
        console.log(`${role}: ${number()}`);
      }
      await turn.notify();
    });
  }
  await session.close();
  process.disconnect();
}
