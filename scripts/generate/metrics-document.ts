import { type MetricEntry, metricGroups } from '@heddle/service';

const HEAD = `# Metrics

Every service serves Prometheus text at \`/metrics\` on its ops port ([settings](settings.md)). This page is generated from the
table that the services make their metrics from (\`libs/service/src/metrics/metric-table.ts\`), and a test compares what a running stack shows with it.

- Every series carries \`service\`; Prometheus adds \`instance\`, and Kubernetes its \`namespace\` and \`pod\`. A worker with threads and child processes reports as one.
- Label sets that can be known are there from the start, at 0, so that a rate is right from the first event on: of HTTP each route with each status of its description, of errors the codes that may befall any task and those that a task says it throws (\`errorCodes\`). Only codes that handlers make up come with their first error.
- No client can make series: unknown tasks, routes and methods share one each; error codes of handlers are limited to 30 a task. With T tasks, a worker has about 100 T series; a gateway has about 5,000, nearly all of them durations by route and status; everything else together about 1,000.
- Several recorders measure the same queues: take \`max by (queue)\`. Everything else adds up: take \`sum\`.
- What is counted at every job costs some nanoseconds ([decision](decisions/own-meters.md)); the rest is measured when somebody scrapes, or every 5 seconds.
- Node's own (\`process_*\`, \`nodejs_*\`: processor time, memory, event loop lag, garbage collection, file descriptors) come from prom-client under its names, but for the three that \`promtool check metrics\` refuses.

\`grafana/\` has dashboards for all this, \`prometheus/\` alerts.
`;

/** docs/metrics.md */
export function metricsDocument(): string {
  const groups = Object.entries(metricGroups).map(([group, metrics]) => `## ${group}\n\n${tableOf(metrics)}`);
  return [HEAD, ...groups].join('\n');
}

function tableOf(metrics: Readonly<Record<string, MetricEntry>>): string {
  const rows = Object.entries(metrics).map(
    ([name, { type, labels, by, help }]) =>
      `| \`${name}\` | ${type} | ${labels.map((label) => `\`${label}\``).join(', ')} | ${by.length === 5 ? 'all' : by.join(', ')} | ${help} |`,
  );
  return `${['| metric | type | labels | service | what it says |', '|---|---|---|---|---|', ...rows].join('\n')}\n`;
}
