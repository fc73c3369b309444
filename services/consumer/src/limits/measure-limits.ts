import type { Meters } from '@heddle/service';

/** What a worker holds of a task's limit. */
export interface LimitCount {
  readonly task: string;
  readonly limit: 'concurrency' | 'rate';
  readonly held: number;
  /** Of those held, the ones with which a job runs. */
  readonly used: number;
}

/** Shows how many tokens are held; counted before a scrape. */
export function measureLimits(meters: Meters, counts: () => readonly LimitCount[]): void {
  meters.pulled('heddle_limit_tokens_held', (add) => {
    for (const { task, limit, held } of counts()) add(held, task, limit);
  });
  meters.pulled('heddle_limit_tokens_in_use', (add) => {
    for (const { task, limit, used } of counts()) add(used, task, limit);
  });
}
