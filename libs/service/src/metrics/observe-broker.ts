import type { Broker, BrokerObserver } from '@heddle/broker';
import { exchanges } from '@heddle/contracts';
import type { CounterMeter, Meters } from './meters.ts';

const PUBLISH_OUTCOMES = ['confirmed', 'returned', 'nacked', 'timed_out', 'failed'] as const;
const CONSUME_OUTCOMES = ['acked', 'rejected', 'requeued', 'lost'] as const;
const CONNECTIONS = ['publish', 'consume'] as const;

/** What of a broker is looked at before a scrape. */
export type ObservedBroker = Pick<Broker, 'health' | 'load'>;

/** Queues of one process share a series, so that restarts do not make new ones. */
function queueLabel(queue: string): string {
  if (queue.startsWith('heddle.replies.')) return 'heddle.replies';
  if (queue.startsWith('heddle.control.')) return 'heddle.control';
  // `heddle.serial.<task>.<n>` and `heddle.lanes.<task>.<n>`: a task's partitions and lanes too.
  if (queue.startsWith('heddle.serial.') || queue.startsWith('heddle.lanes.'))
    return queue.slice(0, queue.lastIndexOf('.'));
  return queue;
}

/** The rungs of the delay ladder share a series, since there are some 200, and so do the rests of rate limits. */
function exchangeLabel(exchange: string): string {
  return exchange.replace(/^(heddle\.(?:delay|rest))\.\d+$/, '$1.<ms>');
}

/** Counts what the broker library tells of. */
export function brokerObserver(meters: Meters): Required<BrokerObserver> {
  const connected = meters.gauge('heddle_broker_connected');
  const confirms = meters.histogram('heddle_publish_confirm_duration_seconds');
  const lost = new Map(
    CONNECTIONS.map((name) => [name, meters.counter('heddle_broker_connections_lost_total', name)]),
  );
  const publishedTo = cached((exchange, outcome) =>
    meters.counter('heddle_messages_published_total', exchangeLabel(exchange), outcome),
  );
  const consumedFrom = cached((queue, outcome) =>
    meters.counter('heddle_messages_consumed_total', queueLabel(queue), outcome),
  );
  for (const exchange of Object.keys(exchanges)) {
    for (const outcome of PUBLISH_OUTCOMES) publishedTo(exchange, outcome);
  }
  return {
    published: (exchange, outcome, count) => publishedTo(exchange, outcome).add(count),
    consuming: (queue) => {
      for (const outcome of CONSUME_OUTCOMES) consumedFrom(queue, outcome);
    },
    consumed: (queue, outcome, count) => consumedFrom(queue, outcome).add(count),
    connected: (isConnected) => connected.set(isConnected ? 1 : 0),
    connectionLost: (connection) => lost.get(connection)?.add(1),
    confirmed: (seconds) => confirms.observe(seconds),
  };
}

/** What can be asked at any time costs nothing between two scrapes. */
export function watchBroker(meters: Meters, broker: ObservedBroker): void {
  meters.pulled('heddle_broker_blocked', (add) => add(broker.health().state === 'blocked' ? 1 : 0));
  meters.pulled('heddle_publish_confirms_in_flight', (add) => add(broker.load().inFlight));
  meters.pulled('heddle_publish_waiting', (add) => add(broker.load().waiting));
  meters.pulled('heddle_deliveries_held', (add) => {
    for (const { queue, held } of broker.health().consumers) add(held, queueLabel(queue));
  });
  meters.pulled('heddle_consumer_up', (add) => {
    const up = new Map<string, number>();
    for (const { queue, state } of broker.health().consumers) {
      const label = queueLabel(queue);
      up.set(label, Math.min(up.get(label) ?? 1, state === 'consuming' ? 1 : 0));
    }
    for (const [label, value] of up) add(value, label);
  });
}

/** Remembers the series of each pair of labels, because looking them up costs more than counting. */
function cached(make: (a: string, b: string) => CounterMeter): (a: string, b: string) => CounterMeter {
  const series = new Map<string, CounterMeter>();
  return (a, b) => {
    const key = `${a} ${b}`;
    let known = series.get(key);
    if (known === undefined) series.set(key, (known = make(a, b)));
    return known;
  };
}
