import type { TaskMetrics } from '@heddle/service';

/** Metrics that keep how attempts ended, and nothing else. */
export function silentMetrics(): TaskMetrics & { readonly ended: string[] } {
  const ended: string[] = [];
  const nothing = () => undefined;
  return {
    ended,
    finished: (outcome) => void ended.push(outcome),
    retried: nothing,
    erred: nothing,
    inProgress: nothing,
    duration: nothing,
    wait: nothing,
    endToEnd: nothing,
  };
}
