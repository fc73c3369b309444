import { it } from 'vitest';
import { surviveLedger } from '../support/survive-ledger.ts';

it('adds up, whatever is killed or stalled while accounts change', async () => {
  await surviveLedger(30_000);
});
