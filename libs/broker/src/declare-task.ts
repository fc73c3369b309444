import {
  jobQueue,
  laneKey,
  laneQueue,
  queues,
  SUSPECT_SUFFIX,
  serialQueue,
  suspectQueue,
} from '@heddle/contracts';
import type { JobQueueOptions } from './broker.ts';
import type { Declarer } from './declare-or-keep.ts';
import { queueDeclaration } from './queue-arguments.ts';

const JOB_ROW = 'heddle.jobs.<task>';
const SERIAL_PREFIX = 'heddle.serial.';

/** A task's queue and that of its suspects and its lanes, or those of its partitions. */
export async function declareTask(
  declarer: Declarer,
  task: string,
  { partitions, lanes = 0 }: JobQueueOptions,
): Promise<void> {
  const bindings = queues[JOB_ROW].bindings.map(({ exchange }) => ({ exchange, key: task }));
  const isSerial = partitions !== undefined;
  await declarer.declareQueue(
    jobQueue(task),
    queueDeclaration(JOB_ROW, declarer.version, isSerial),
    bindings,
  );
  for (let partition = 0; partition < (partitions ?? 0); partition += 1) {
    await declarePartition(declarer, serialQueue(task, partition));
  }
  if (isSerial) return;
  await declarer.declareQueueOf('heddle.jobs.<task>.suspect', suspectQueue(task), [
    { exchange: 'heddle.submit', key: `${task}${SUSPECT_SUFFIX}` },
  ]);
  for (let lane = 0; lane < lanes; lane += 1) await declareLane(declarer, task, lane);
}

export function declareLane(declarer: Declarer, task: string, lane: number): Promise<void> {
  return declarer.declareQueueOf('heddle.lanes.<lane>', laneQueue(task, lane), [
    { exchange: 'heddle.lanes', key: laneKey(task, lane) },
  ]);
}

export function declarePartition(declarer: Declarer, queue: string): Promise<void> {
  return declarer.declareQueueOf('heddle.serial.<partition>', queue, [
    { exchange: 'heddle.serial', key: queue.slice(SERIAL_PREFIX.length) },
  ]);
}
