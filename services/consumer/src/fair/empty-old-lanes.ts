import type { Broker, Consumer } from '@heddle/broker';
import { laneQueue, MAX_LANES } from '@heddle/contracts';
import { handBack } from '../jobs/hand-back.ts';
import type { WorkerPorts } from '../jobs/worker-ports.ts';

const PREFETCH = 100;

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
    const old = await broker.consume(laneQueue(task, lane), { prefetch: PREFETCH }, (delivery) => {
      const moved = handBack(worker, delivery)
        .catch(() => delivery.requeue())
        .finally(() => moving.delete(moved));
      moving.add(moved);
    });
    consumers.push(old);
  }
  return {
    close: async () => {
      await Promise.all(consumers.map((consumer) => consumer.stop()));
      // Each is bounded by the time that a publish may take.
      await Promise.all(moving);
      await Promise.all(consumers.map((consumer) => consumer.close()));
    },
  };
}
