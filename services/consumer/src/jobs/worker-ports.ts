import type { Broker, BrokerLog, EventPublisher, Publisher } from '@heddle/broker';

/** What the steps of a job need of the worker around them. */
export interface WorkerPorts {
  /** The worker's name in events: unique to this process. */
  readonly name: string;
  readonly log: BrokerLog;
  readonly publisher: Publisher;
  /** For jobs that rest before their next attempt. */
  readonly publishLater: Broker['publishLater'];
  /** Everything that happens to jobs here goes through one publisher, in order. */
  readonly events: EventPublisher;
}
