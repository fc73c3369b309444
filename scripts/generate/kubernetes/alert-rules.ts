import { readFileSync } from 'node:fs';
import { parse, stringify } from 'yaml';

/** prometheus/alerts.yaml as an object of the Prometheus operator. */
export function alertRules(): string {
  const alerts = readFileSync(new URL('../../../prometheus/alerts.yaml', import.meta.url), 'utf8');
  const { groups } = parse(alerts) as { readonly groups: unknown };
  const rule = {
    apiVersion: 'monitoring.coreos.com/v1',
    kind: 'PrometheusRule',
    metadata: { name: 'heddle' },
    spec: { groups },
  };
  return `# Generated from prometheus/alerts.yaml by scripts/generate.mjs. Do not edit.\n${stringify(rule, { lineWidth: 0 })}`;
}
