import { jobQueue, suspectQueue } from '@heddle/contracts';
import { messageAttributes, type TraceSpan, tracing } from '@heddle/tracing';
import type { JobRun } from './job-run.ts';
import type { Outcome } from './outcome.ts';

/** The span of a run, from its start until the broker has it settled; undefined while nobody traces. */
export function beginSpan({ job }: JobRun, isolated: boolean): TraceSpan | undefined {
  const active = tracing();
  if (!active) return undefined;
  const queue = jobQueue(job.task);
  return active.start(`process ${queue}`, {
    kind: 'consumer',
    parent: job.traceparent,
    attributes: {
      ...messageAttributes({
        type: 'process',
        operation: 'process',
        destination: isolated ? suspectQueue(job.task) : queue,
        routingKey: job.task,
        id: job.id,
        correlationId: job.correlationId,
      }),
      'heddle.task': job.task,
      'heddle.job.attempt': job.attempt,
      'heddle.batch.id': job.batch?.id,
    },
  });
}

/** `told`: undefined if the run could not be settled; then its job comes again. */
export function endSpan(span: TraceSpan, told: Outcome | undefined): void {
  span.set({ 'heddle.outcome': told?.state ?? 'unsettled' });
  if (!told) span.fail('unsettled', 'the broker did not confirm what had to be told first');
  else if ('error' in told && told.error) span.fail(told.error.code, told.error.message);
  span.end();
}
