import { acceptedEvent } from '@heddle/client';
import { encodeEvents, encodeJob, type Job } from '@heddle/contracts';
import { expect, test } from 'vitest';
import { accepted, echoInput, jobOptions, succeeded } from './reference-messages.ts';

// The reference is only worth comparing with if it moves what Heddle moves.
const at = Date.UTC(2026, 0, 1);
const job: Job = {
  id: '01980000-0000-7000-8000-000000000000',
  task: 'bench.echo',
  input: echoInput(1),
  priority: 4,
  generation: 0,
  attempt: 1,
  tags: [],
  acceptedAt: at,
  accepted: true,
};

test("a job of the reference has the body and the properties of Heddle's", () => {
  const ours = encodeJob(job);
  expect(JSON.stringify(echoInput(1))).toBe(ours.body.toString());
  const { contentType, type, messageId, priority, headers } = ours.properties;
  expect(jobOptions(job.id, at)).toMatchObject({ contentType, type, messageId, priority, headers });
});

test("an accepted event of the reference is Heddle's", () => {
  const ours = encodeEvents([acceptedEvent(job, 100)], 'id');
  expect(JSON.stringify([accepted(job.id, job.input, at)])).toBe(ours.body.toString());
});

test("a succeeded event of the reference reads as Heddle's", () => {
  const event = succeeded(job.id, 'run', 'worker', at, job.input);
  expect(Object.keys(event).toSorted()).toEqual(
    'at attempt generation job result run seq startedAt task type worker'.split(' '),
  );
});
