import type { Meters } from '@heddle/service';

/** What a worker knows of a fair task's lanes. */
interface LaneCount {
  readonly task: string;
  readonly sorted: number;
  readonly waiting: number;
}

/** Shows what is sorted and what waits; counted before a scrape. */
export function measureLanes(meters: Meters, counts: () => readonly LaneCount[]): void {
  meters.pulled('heddle_fair_jobs_sorted_total', (add) => {
    for (const { task, sorted } of counts()) add(sorted, task);
  });
  meters.pulled('heddle_fair_lanes_waiting', (add) => {
    for (const { task, waiting } of counts()) add(waiting, task);
  });
}
