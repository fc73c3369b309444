import { encodeResult, type JobEvent, type JobResult } from '@heddle/contracts';
import type { SerialJob } from './serial-job.ts';

/**
 * Tells the world what the recorder has committed already: the event confirmed → result to whoever waits → ack. It may be
 * told twice, by this worker or the next.
 */
export async function tellEnd(entry: SerialJob, event: JobEvent | undefined): Promise<void> {
  const { service, delivery, job } = entry;
  if (event) {
    await service.worker.events.add(event);
    if (job.replyTo !== undefined) sendResult(entry, event);
  }
  delivery.ack();
  if (event?.type !== 'waiting') service.control.forget(job);
}

/** The requester may be gone, and then nobody misses the result: the recorder has it. */
function sendResult({ service, job }: SerialJob, event: JobEvent): void {
  const result = resultOf(event);
  if (!result) return;
  const { publisher, log } = service.worker;
  const message = encodeResult(result, job.correlationId);
  publisher.publish('heddle.replies', job.replyTo ?? '', message).catch((error: unknown) => {
    log.debug({ err: error, job: job.id }, 'the result could not be sent to reply_to');
  });
}

function resultOf(event: JobEvent): JobResult | undefined {
  switch (event.type) {
    case 'succeeded': {
      const { job, type: state, result, outputs } = event;
      return { job, state, result, ...(outputs && { outputs }) };
    }
    case 'failed':
    case 'dead':
    case 'cancelled':
    case 'expired':
      return { job: event.job, state: event.type, ...(event.error && { error: event.error }) };
    default:
      return undefined;
  }
}
