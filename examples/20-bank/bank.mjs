/** Who wants more than there is waits until others have paid in: a `Condition` about an account in a file. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Condition, SyncSession } from '@heddle/sync';
import { role, startProcesses, url } from '../start-processes.mjs';

if (role === undefined) {
  const folder = mkdtempSync(join(tmpdir(), 'heddle-bank-'));
  process.env['EXAMPLE_ACCOUNT'] = join(folder, 'account');
  writeFileSync(process.env['EXAMPLE_ACCOUNT'], '0');
  await startProcesses(['withdraw 50', 'deposit 20', 'deposit 20', 'deposit 20']);
  rmSync(folder, { recursive: true });
} else {
  const session = await SyncSession.connect({ url });
  const changed = new Condition(session, 'example-account');
  const account = process.env['EXAMPLE_ACCOUNT'];
  const balance = () => Number(readFileSync(account, 'utf8'));
  const book = (sum) => {
    writeFileSync(account, String(balance() + sum));
    console.log(`${role}: ${balance()}`);
  };
  const [what, sum] = role.split(' ');
  await changed.run(async () => {
    if (what === 'withdraw') {
      await changed.waitFor(() => balance() >= Number(sum));
      book(-Number(sum));
    } else {
      book(Number(sum));
      await changed.notifyAll();
    }
  });
  await session.close();
  process.disconnect();
}
