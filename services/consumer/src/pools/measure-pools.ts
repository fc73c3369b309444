import type { PoolKind } from '@heddle/contracts';
import type { Meters } from '@heddle/service';
import { ProcessUsage } from './measure-processes.ts';

/** How a pool fares at a moment. */
export interface PoolLoad {
  readonly task: string;
  /** `suspect`: the child process in which jobs run alone that may have taken their worker down. */
  readonly pool: PoolKind | 'suspect';
  readonly slots: number;
  readonly busy: number;
  /** Deliveries held here without a slot. */
  readonly waiting: number;
  /** Of its child processes. */
  readonly processes: readonly number[];
}

/** Shows utilisation and saturation of the pools; measured before a scrape, so that the way of a job pays nothing for it. */
export function measurePools(meters: Meters, loads: () => readonly PoolLoad[]): void {
  for (const what of ['slots', 'busy', 'waiting'] as const) {
    meters.pulled(`heddle_pool_${what}`, (add) => {
      for (const load of loads()) add(load[what], load.task, load.pool);
    });
  }
  meters.pulled('heddle_pool_processes', (add) => {
    for (const { task, pool, processes } of loads()) add(processes.length, task, pool);
  });
  const usage = new ProcessUsage();
  meters.pulled('heddle_pool_memory_bytes', (add) => {
    for (const { task, pool, processes } of loads()) add(usage.memoryBytes(processes), task, pool);
  });
  meters.pulled('heddle_pool_cpu_seconds_total', (add) => {
    for (const { task, pool, processes } of loads())
      add(usage.cpuSeconds(`${task} ${pool}`, processes), task, pool);
  });
}
