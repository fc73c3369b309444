import type { Options } from 'amqplib';
import { reference } from '../queues/reference-queues.ts';

/** What both pipelines echo. */
export interface EchoInput {
  readonly number: number;
  readonly text: string;
}

export function echoInput(number: number): EchoInput {
  return { number, text: 'a sentence, such as small jobs carry' };
}

/** The events of the reference: what Heddle's say, under the same names, so that messages and rows are of the same size. */
export interface ReferenceEvent {
  readonly type: 'accepted' | 'succeeded';
  readonly job: string;
  readonly task: string;
  readonly generation: 0;
  readonly attempt: number;
  readonly run: string;
  readonly seq: 0;
  readonly at: number;
  readonly priority?: number;
  readonly input?: unknown;
  readonly worker?: string;
  readonly startedAt?: number;
  readonly result?: unknown;
}

const PRIORITY = 4;

/** The properties of a job's message: those that Heddle sets. */
export function jobOptions(id: string, at: number): Options.Publish {
  return {
    contentType: 'application/json',
    type: reference.task,
    messageId: id,
    priority: PRIORITY,
    timestamp: Math.floor(at / 1_000),
    deliveryMode: 2,
    mandatory: true,
    headers: { 'heddle-attempt': 1, 'heddle-accepted-at': at, 'heddle-accepted': true },
  };
}

export function accepted(job: string, input: unknown, at: number): ReferenceEvent {
  return {
    type: 'accepted',
    job,
    task: reference.task,
    generation: 0,
    attempt: 0,
    run: '',
    seq: 0,
    at,
    priority: PRIORITY,
    input,
  };
}

export function succeeded(
  job: string,
  run: string,
  worker: string,
  startedAt: number,
  result: unknown,
): ReferenceEvent {
  return {
    type: 'succeeded',
    job,
    task: reference.task,
    generation: 0,
    attempt: 1,
    run,
    seq: 0,
    at: Date.now(),
    worker,
    startedAt,
    result,
  };
}
