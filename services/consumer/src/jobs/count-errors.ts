import type { TaskMetrics } from '@heddle/service';
import type { Outcome } from './outcome.ts';

/** Counts what went wrong, and whether somebody tries again. */
export function countErrors(metrics: TaskMetrics, told: Outcome): void {
  if (told.state === 'succeeded' || told.state === 'handed-back') return;
  if (told.state === 'cancelled' || told.state === 'expired') return;
  metrics.erred(told.error.code);
  if (told.state === 'retrying') metrics.retried();
}
