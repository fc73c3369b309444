import type { Delivery } from '@heddle/broker';
import type { KnownControl } from '@heddle/client';
import type { Job } from '@heddle/contracts';
import { dead, type Outcome } from './outcome.ts';

/** The crash in its task's own queue is the first, two among the suspects follow. */
const MAX_CRASHES = 3;

/** How a job ends that is not to be begun: because somebody cancelled it, it comes too late, or it has taken three workers down. */
export function refuseStart(
  { isolated, control }: { readonly isolated: boolean; readonly control: Pick<KnownControl, 'whyCancelled'> },
  delivery: Delivery,
  job: Job,
): Outcome | undefined {
  const message = control.whyCancelled(job);
  if (message !== undefined) return { state: 'cancelled', error: { code: 'cancelled', message } };
  if (job.deadline !== undefined && Date.now() > job.deadline) {
    const due = new Date(job.deadline).toISOString();
    return { state: 'expired', error: { code: 'expired', message: `expected a worker before ${due}` } };
  }
  const crashes = isolated ? crashesOf(delivery, job) : 0;
  return crashes < MAX_CRASHES
    ? undefined
    : dead('crashed', `${crashes} workers have ended while they ran the job`);
}

/** How many workers have ended while they ran a suspect: those that its message names, and its redeliveries. */
export function crashesOf(
  { message }: Pick<Delivery, 'message'>,
  { crashes = 0 }: Pick<Job, 'crashes'>,
): number {
  if (!message.redelivered) return crashes;
  const { 'x-delivery-count': lost, 'x-acquired-count': acquired } = message.properties.headers ?? {};
  // From 4.3: it comes again without a worker having been lost, because it was on its way to a consumer that was cancelled.
  if (lost === undefined && acquired !== undefined) return crashes;
  return Math.max(1, crashes) + Number(lost ?? 0);
}
