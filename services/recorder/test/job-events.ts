import { encodeEvents, type JobEvent } from '@heddle/contracts';
import type { Item } from '../src/store/record-batch.ts';

type EventOf<T extends JobEvent['type']> = Extract<JobEvent, { type: T }>;

export function accepted(job: string, more: Partial<EventOf<'accepted'>> = {}): JobEvent {
  return {
    type: 'accepted',
    job,
    task: 'debug.echo',
    generation: 0,
    attempt: 0,
    run: '',
    seq: 0,
    at: 1_000,
    priority: 4,
    ...more,
  };
}

const byWorker = { task: 'debug.echo', generation: 0, attempt: 1, run: 'run-1', worker: 'worker-1' };

export function started(job: string, more: Partial<EventOf<'started'>> = {}): JobEvent {
  return { type: 'started', job, ...byWorker, seq: 0, at: 1_010, ...more };
}

export function succeeded(job: string, more: Partial<EventOf<'succeeded'>> = {}): JobEvent {
  return { type: 'succeeded', job, ...byWorker, seq: 1, at: 1_020, startedAt: 1_010, ...more };
}

export function failed(job: string, code: string, more: Partial<JobEvent> = {}): JobEvent {
  const error = { code, message: `it failed: ${code}` };
  return {
    type: 'failed',
    job,
    ...byWorker,
    seq: 1,
    at: 1_020,
    startedAt: 1_010,
    error,
    ...more,
  } as JobEvent;
}

/** Events as they come out of one message. */
export function itemsOf(events: readonly JobEvent[]): Item[] {
  const { body, properties } = encodeEvents(events, 'message');
  const message = { body, properties, exchange: 'heddle.events', routingKey: 'event', redelivered: false };
  return events.map((event) => ({ kind: 'event', event, message }));
}
