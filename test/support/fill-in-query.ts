/** What Grafana would choose for the variables of a dashboard. */
export interface Choices {
  /** Of `$__rate_interval`, such as `20s`. */
  readonly rateInterval: string;
  /** Regular expression of task names. */
  readonly task: string;
}

/** A panel's query as Grafana would send it, for every namespace and service. */
export function fillInQuery(expr: string, { rateInterval, task }: Choices): string {
  return expr
    .replaceAll('$__rate_interval', rateInterval)
    .replaceAll('$namespace', '.+')
    .replaceAll('$service', 'gateway|producer|consumer|recorder|notifier')
    .replaceAll('$task', task);
}
