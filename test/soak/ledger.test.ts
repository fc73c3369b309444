import { it } from 'vitest';
import { surviveLedger } from '../support/survive-ledger.ts';

it('adds up, whatever is killed or stalled while accounts change for three minutes', async () => {
  await surviveLedger(180_000);
});
