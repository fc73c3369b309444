import type { Broker, BrokerLog } from '@heddle/broker';
import type { JobSubmitter, RecorderClient } from '@heddle/client';
import type { BatchEnds } from './batches/batch-ends.ts';
import type { LiveEvents } from './events/live-events.ts';
import type { Admission } from './http/admission.ts';
import type { EndWatcher } from './jobs/watch-ends.ts';
import type { KnownTasks } from './tasks/known-tasks.ts';
import type { KnownWorkers } from './tasks/known-workers.ts';

/** What the routes are made of. */
export interface GatewayParts {
  readonly broker: Pick<Broker, 'countMessages' | 'publisher' | 'publishLater' | 'replies' | 'state'>;
  readonly submitter: Pick<JobSubmitter, 'submit'>;
  readonly recorder: Pick<RecorderClient, 'ask'>;
  readonly ends: EndWatcher;
  readonly tasks: KnownTasks;
  readonly workers: KnownWorkers;
  readonly batchEnds: BatchEnds;
  readonly events: LiveEvents;
  readonly admission: Admission;
  readonly maxMessageBytes: number;
  /** Predictions waited for at once. */
  readonly maxPredictions: number;
  /** Reasons why the gateway cannot do its work now. */
  readonly notReady: () => readonly string[];
  /** Aborted when the gateway drains. */
  readonly draining: AbortSignal;
  readonly log: BrokerLog;
}
