import { setTimeout as sleep } from 'node:timers/promises';
import type { Broker, Consumer } from '@heddle/broker';
import { laneQueue, MAX_LANES } from '@heddle/contracts';
import { endsWithin } from '@heddle/service';
import { handBack } from '../jobs/hand-back.ts';
import type { WorkerPorts } from '../jobs/worker-ports.ts';

const PREFETCH = 100;
/** A job that could not be brought back goes back to its lane, but not in a tight loop. */
const REQUEUE_AFTER_MS = 1_000;
/** How long those that are on their way may take when the worker stops. */
const CLOSE_MS = 5_000;

/**
 * Brings back what lies in lanes that a task does not have any more, because it has fewer or is not fair any more. It goes on
 * for as long as this worker lives: older workers may still fill them. Resolves with what ends it.
 */
export async function emptyOldLanes(
  broker: Pick<Broker, 'inspectQueue' | 'consume'>,
  worker: WorkerPorts,
  task: string,
  lanes: number,
): Promise<Pick<Consumer, 'close'>> {
  const consumers: Consumer[] = [];
  const moving = new Set<Promise<void>>();
  for (let lane = lanes; lane < MAX_LANES; lane += 1) {
    // They are numbered without gaps: after the first that is missing there is none.
    if (!(await broker.inspectQueue(laneQueue(task, lane)))) break;
    // Once they are empty, somebody may delete them.
    const options = { prefetch: PREFETCH, endsWithQueue: true };
    const old = await broker.consume(laneQueue(task, lane), options, (delivery) => {
      const moved = handBack(worker, delivery)
        .catch(async (error: unknown) => {
          worker.log.warn({ err: error, task }, 'a job could not be brought back from an old lane yet');
          await sleep(REQUEUE_AFTER_MS, undefined, { ref: false });
          delivery.requeue();
        })
        .finally(() => moving.delete(moved));
      moving.add(moved);
    });
    consumers.push(old);
  }
  return {
    close: async () => {
      await Promise.all(consumers.map((consumer) => consumer.stop()));
      // Closed too early, what is confirmed and not acked would be there twice.
      await endsWithin(CLOSE_MS, Promise.all(moving));
      await Promise.all(consumers.map((consumer) => consumer.close()));
    },
  };
}
