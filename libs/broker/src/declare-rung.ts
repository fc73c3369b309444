import { delayName, exchanges, queues, restName } from '@heddle/contracts';
import type { Declarer } from './declare-or-keep.ts';

/** A rung of the delay ladder. Nothing may be published to its exchange before its queue is bound: the caller waits for all of it. */
export function declareRung(declarer: Declarer, rungMs: number): Promise<void> {
  return declareResting(declarer, 'heddle.delay.<ms>', delayName(rungMs), rungMs);
}

/** Where tokens rest that were spent. */
export function declareRest(declarer: Declarer, restMs: number): Promise<void> {
  return declareResting(declarer, 'heddle.rest.<ms>', restName(restMs), restMs);
}

/** A queue in which everything rests equally long, and the exchange of the same name that leads to it. */
async function declareResting(
  declarer: Declarer,
  row: 'heddle.delay.<ms>' | 'heddle.rest.<ms>',
  name: string,
  restMs: number,
): Promise<void> {
  await declarer.declareExchange(name, exchanges[row].type);
  const [{ key }] = queues[row].bindings;
  await declarer.declareQueueOf(row, name, [{ exchange: name, key }], { 'x-message-ttl': restMs });
}
