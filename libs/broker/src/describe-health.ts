import type { BrokerHealth, BrokerState, ConsumerHealth } from './broker.ts';

/** One of the two connections: up, or why not. */
interface ConnectionStanding {
  readonly connection: unknown;
  readonly lastFailure: string;
}

/** Puts into words why a process should get no work now. `blocked`: the alarm for which the broker takes no messages. */
export function describeHealth(
  state: BrokerState,
  publishing: ConnectionStanding,
  consuming: ConnectionStanding,
  blocked: string | undefined,
  consumers: readonly ConsumerHealth[],
): BrokerHealth {
  const reasons: string[] = [];
  if (!publishing.connection) reasons.push(`no broker to publish to: ${publishing.lastFailure}`);
  if (!consuming.connection) reasons.push(`no broker to consume from: ${consuming.lastFailure}`);
  if (blocked !== undefined) reasons.push(`the broker takes no messages: ${blocked}`);
  for (const { queue, state: standing, since } of consumers) {
    if (standing !== 'silent') continue;
    reasons.push(`the consumer of ${queue} has been silent since ${new Date(since).toISOString()}`);
  }
  return { ok: reasons.length === 0, state, consumers, reasons };
}
