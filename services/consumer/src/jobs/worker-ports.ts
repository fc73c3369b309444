import type { Broker, BrokerLog, EventPublisher, Publisher } from '@heddle/broker';
import type { RecorderClient } from '@heddle/client';
import type { Followers } from './tell-followers.ts';

/** What the steps of a job need of the worker around them. */
export interface WorkerPorts {
  /** The worker's name in events: unique to this process. */
  readonly name: string;
  readonly log: BrokerLog;
  readonly publisher: Publisher;
  /** For jobs that rest before their next attempt. */
  readonly publishLater: Broker['publishLater'];
  readonly recorder: Pick<RecorderClient, 'ask'>;
  /** Everything that happens to jobs here goes through one publisher, in order. */
  readonly events: EventPublisher;
  /** Results and news for those who follow their jobs. */
  readonly followers: Followers;
}
