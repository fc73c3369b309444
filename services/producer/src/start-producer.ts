import { RecorderClient } from '@heddle/client';
import type { RunningService, ServiceContext } from '@heddle/service';
import type { z } from 'zod';
import { expandBatches } from './batches/expand-batches.ts';
import { moveDropped } from './dropped/move-dropped.ts';
import { createProducerMetrics } from './metrics.ts';
import { tickSchedules } from './schedules/tick-schedules.ts';
import type { producerSettings } from './settings.ts';

/** Writes the reason on what the broker set aside, makes the jobs of batches, ticks the schedules. */
export async function startProducer({
  broker,
  instance,
  log,
  metrics: { meters },
  settings,
}: Pick<
  ServiceContext<z.infer<typeof producerSettings>>,
  'broker' | 'instance' | 'log' | 'metrics' | 'settings'
>): Promise<RunningService> {
  const metrics = createProducerMetrics(meters);
  const recorder = new RecorderClient(broker);
  const parts = await Promise.all([
    moveDropped(broker, log, metrics),
    expandBatches(broker, recorder, log, metrics, settings.HEDDLE_FOLDERS),
    tickSchedules({ broker, recorder, instance, log, metrics }),
  ]);
  return {
    async drain() {
      await Promise.all(parts.map((part) => part.drain()));
    },
  };
}
