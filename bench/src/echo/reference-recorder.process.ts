/**
 * The echo reference's recorder, `argv[2]` an AMQP URL, `argv[3]` a database file: gathers what has been delivered,
 * inserts it in one transaction, acks. It answers `{ finished: n }` when n jobs have ended.
 */
import { DatabaseSync } from '@photostructure/sqlite';
import type { ConsumeMessage } from 'amqplib';
import { answerParent } from '../processes/answer-parent.ts';
import { openChannel } from '../queues/open-channel.ts';
import { reference } from '../queues/reference-queues.ts';
import type { ReferenceEvent } from './reference-messages.ts';

/** What Heddle's recorder has on its queue of events. */
const PREFETCH = 200;

export interface WaitForFinished {
  readonly finished: number;
}

const [amqpUrl = '', file = ''] = process.argv.slice(2);
const database = new DatabaseSync(file);
database.exec(`
  PRAGMA journal_mode = WAL;
  PRAGMA synchronous = FULL;
  CREATE TABLE jobs (
    id TEXT PRIMARY KEY, task TEXT, state TEXT, priority INTEGER, worker TEXT,
    input TEXT, result TEXT, accepted_at INTEGER, started_at INTEGER, ended_at INTEGER
  );
`);
const insertAccepted = database.prepare(`
  INSERT INTO jobs (id, task, state, priority, input, accepted_at) VALUES (?, ?, 'queued', ?, ?, ?)
  ON CONFLICT (id) DO UPDATE SET priority = excluded.priority, input = excluded.input, accepted_at = excluded.accepted_at
`);
const insertSucceeded = database.prepare(`
  INSERT INTO jobs (id, task, state, worker, result, started_at, ended_at) VALUES (?, ?, 'succeeded', ?, ?, ?, ?)
  ON CONFLICT (id) DO UPDATE SET state = 'succeeded', worker = excluded.worker, result = excluded.result,
    started_at = excluded.started_at, ended_at = excluded.ended_at
`);

const channel = await openChannel(amqpUrl);
let gathered: ConsumeMessage[] = [];
let finished = 0;
let onProgress: (() => void) | undefined;

function record(event: ReferenceEvent): void {
  if (event.type === 'accepted') {
    const input = JSON.stringify(event.input);
    insertAccepted.run(event.job, event.task, event.priority ?? 0, input, event.at);
    return;
  }
  const result = JSON.stringify(event.result);
  insertSucceeded.run(event.job, event.task, event.worker ?? '', result, event.startedAt ?? 0, event.at);
  finished += 1;
}

function recordGathered(): void {
  const batch = gathered;
  gathered = [];
  const newest = batch.at(-1);
  if (!newest) return;
  database.exec('BEGIN IMMEDIATE');
  for (const message of batch) {
    for (const event of JSON.parse(message.content.toString()) as ReferenceEvent[]) record(event);
  }
  database.exec('COMMIT');
  channel.ack(newest, true);
  onProgress?.();
}

await channel.prefetch(PREFETCH);
await channel.consume(reference.events, (message) => {
  if (!message) throw new Error('the broker has cancelled the consumer');
  if (gathered.length === 0) setImmediate(recordGathered);
  gathered.push(message);
});
answerParent(
  (request: WaitForFinished) =>
    new Promise<number>((resolve) => {
      onProgress = () => {
        if (finished >= request.finished) resolve(finished);
      };
      onProgress();
    }),
);
