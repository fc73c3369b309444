import { readFileSync } from 'node:fs';
import { parse } from 'yaml';

/** A rule of `prometheus/alerts.yaml`. */
export interface AlertRule {
  readonly alert: string;
  readonly expr: string;
  readonly labels: { readonly severity: string };
  readonly annotations: {
    readonly summary: string;
    readonly description: string;
    readonly runbook_url: string;
  };
}

/** Every alert, in the order of the file. */
export function readAlerts(): AlertRule[] {
  const text = readFileSync(new URL('../../prometheus/alerts.yaml', import.meta.url), 'utf8');
  const { groups } = parse(text) as { groups: { rules: AlertRule[] }[] };
  return groups.flatMap(({ rules }) => rules);
}
