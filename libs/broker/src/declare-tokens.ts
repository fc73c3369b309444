import { ledgerQueue, type TokenLimit, tokenKeys, tokenQueue } from '@heddle/contracts';
import type { Declarer } from './declare-or-keep.ts';
import { declareRest } from './declare-rung.ts';
import { tokenDeclaration } from './queue-arguments.ts';

/** The queues of a limit's tokens. */
export async function declareTokens(declarer: Declarer, limit: TokenLimit): Promise<void> {
  const { name, restMs } = limit;
  const exchange = 'heddle.tokens';
  const { back, issue, ledger } = tokenKeys(name);
  // The ledger first: a token without an entry would never be missed.
  await declarer.declareQueueOf('heddle.ledger.<limit>', ledgerQueue(name), [
    { exchange, key: issue },
    { exchange, key: ledger },
  ]);
  if (restMs !== undefined) await declareRest(declarer, restMs);
  const free = [
    { exchange, key: back },
    { exchange, key: issue },
  ];
  await declarer.declareQueue(tokenQueue(name), tokenDeclaration(limit, declarer.version), free);
}
