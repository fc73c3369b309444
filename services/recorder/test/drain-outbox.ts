import type { JobEvent } from '@heddle/contracts';
import type { Store } from '../src/store/open-database.ts';
import { type ClaimedMessage, claimOutgoing, forgetOutgoing } from '../src/store/outbox.ts';

/** Takes everything out of the outbox, as if it had been published. */
export async function drainOutbox(store: Store): Promise<ClaimedMessage[]> {
  const all: ClaimedMessage[] = [];
  for (;;) {
    const some = await claimOutgoing(store, 500, 1_000, Date.now() + 3_600_000);
    if (some.length === 0) return all;
    const ids = some.map((message) => message.id);
    await forgetOutgoing(store.db, ids);
    all.push(...some);
  }
}

/** The events among messages. */
export function eventsOf(messages: readonly ClaimedMessage[]): JobEvent[] {
  return messages
    .filter((message) => message.exchange === 'heddle.events')
    .flatMap((message) => JSON.parse(String(message.message.body)) as JobEvent[]);
}

/** What messages to an exchange say, parsed. */
export function saidTo(messages: readonly ClaimedMessage[], exchange: string): unknown[] {
  return messages
    .filter((message) => message.exchange === exchange)
    .map((message) => JSON.parse(String(message.message.body)) as unknown);
}
