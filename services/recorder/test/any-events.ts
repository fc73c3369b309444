import { type EventType, eventStates, type JobEvent } from '@heddle/contracts';
import fc from 'fast-check';

const types = Object.keys(eventStates) as EventType[];

const moments = fc.record({
  type: fc.constantFrom(...types),
  generation: fc.nat(1),
  attempt: fc.nat(3),
  run: fc.constantFrom('', 'a', 'b', 'c'),
  seq: fc.nat(2),
  at: fc.integer({ min: 1_000, max: 1_005 }),
});

/** From one to thirty events of one job, in any order and as unlikely as can be; some of them the same. */
export function anyHistoryOfEvents(job = 'job-1'): fc.Arbitrary<JobEvent[]> {
  return fc
    .array(moments, { minLength: 1, maxLength: 30 })
    .map((list) => list.map((moment) => eventAt(job, moment)));
}

type AnyMoment = typeof moments extends fc.Arbitrary<infer M> ? M : never;

/** What an event says follows from its moment: two events of one moment are the same event. */
function eventAt(job: string, moment: AnyMoment): JobEvent {
  const { type, generation, attempt, run, seq, at } = moment;
  const mark = [type, generation, attempt, run, seq, at].join('/');
  const base = { job, task: `debug.task-${(at + attempt) % 2}`, generation, attempt, run, seq, at };
  const worker = `worker-${(at + seq) % 3}`;
  const error = { code: `code_${(at + seq) % 3}`, message: mark };
  switch (type) {
    case 'accepted':
      return {
        ...base,
        type,
        priority: at % 10,
        ...(seq > 0 && { input: { mark } }),
        ...(attempt > 0 && { tags: [`tag-${at % 2}`, `tag-${attempt}`] }),
        ...(run !== '' && {
          timeoutMs: at,
          batch: { id: mark, index: at },
          body: { type: 'image/png', bytes: at },
        }),
      };
    case 'started':
      return { ...base, type, worker };
    case 'progress':
      return { ...base, type, worker, fraction: (at % 10) / 10, ...(seq > 0 && { note: mark }) };
    case 'succeeded':
      return { ...base, type, worker, startedAt: at - attempt, ...(seq > 0 && { result: { mark } }) };
    case 'failed':
    case 'dead':
      return { ...base, type, worker, startedAt: at - attempt, error };
    case 'retrying':
      return { ...base, type, worker, startedAt: at - attempt, error, until: at + 50 };
    case 'waiting':
      return { ...base, type, worker, startedAt: at - attempt, until: at + 200 };
    case 'cancelled':
    case 'expired':
      return { ...base, type, ...(seq > 0 && { error }) };
    case 'delayed':
      return { ...base, type, until: at + 100 };
    case 'replayed':
      return { ...base, type, ...(seq > 0 && { input: { mark } }) };
  }
}
