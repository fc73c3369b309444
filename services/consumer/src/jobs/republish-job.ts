import type { Delivery } from '@heddle/broker';
import { header, type Job, type WireMessage, withoutBrokerHeaders } from '@heddle/contracts';

/**
 * A job's message as it is published again, body and unknown headers as they came. It loses what its broker wrote on it
 * and its expiration, which was for the first way; what is not given of guard and crashes goes too. `accepted`: whether its `accepted` event is out by now.
 */
export function republishedJob(
  { message }: Delivery,
  job: Job,
  { attempt, accepted, guard, crashes }: Pick<Job, 'attempt' | 'accepted' | 'guard' | 'crashes'>,
): WireMessage<'job'> {
  const { body, properties } = message;
  return {
    kind: 'job',
    body,
    properties: {
      ...properties,
      type: job.task,
      priority: job.priority,
      timestamp: job.acceptedAt,
      expiration: undefined,
      transient: false,
      headers: {
        ...withoutBrokerHeaders(properties.headers),
        [header.acceptedAt]: job.acceptedAt,
        [header.attempt]: attempt,
        [header.accepted]: accepted,
        [header.guard]: guard,
        [header.crashes]: crashes,
      },
    },
  };
}
