import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { runPromtool } from '../../test/support/promtool.ts';
import { readAlerts } from '../../test/support/read-alerts.ts';
import { dashboards } from '../generate/grafana/dashboards.ts';

const root = new URL('../../', import.meta.url);
const path = (file: string) => fileURLToPath(new URL(file, root));
const alerts = readAlerts();
const runbooks = readdirSync(path('docs/runbooks')).filter((page) => page !== 'README.md');

describe('the alerts', () => {
  test('are rules that Prometheus reads, and fire when they should and only then', async () => {
    expect(await runPromtool(['check', 'rules', path('prometheus/alerts.yaml')])).toMatchObject({ code: 0 });
    expect(await runPromtool(['test', 'rules', path('prometheus/alerts.test.yaml')])).toMatchObject({
      code: 0,
    });
    const config = ['check', 'config', '--syntax-only', path('prometheus/prometheus.yaml')];
    expect(await runPromtool(config)).toMatchObject({ code: 0 });
  });

  test('each have a test in which they fire, beside a namespace in which they do not', () => {
    const { tests } = parse(readFileSync(path('prometheus/alerts.test.yaml'), 'utf8')) as {
      tests: {
        name: string;
        input_series: { series: string }[];
        alert_rule_test: { alertname: string; exp_alerts: object[] }[];
      }[];
    };
    expect(tests.map(({ name }) => name).toSorted()).toEqual(alerts.map(({ alert }) => alert).toSorted());
    for (const { name, input_series, alert_rule_test } of tests) {
      expect(alert_rule_test.some((one) => one.alertname === name && one.exp_alerts.length > 0)).toBe(true);
      expect(input_series.some(({ series }) => series.includes('namespace="good"'))).toBe(true);
    }
  });

  test('each have a runbook, and each runbook an alert', () => {
    const pages = alerts.map(({ alert }) => `${alert}.md`).toSorted();
    expect(runbooks.toSorted()).toEqual(pages);
    const list = readFileSync(path('docs/runbooks/README.md'), 'utf8');
    for (const { alert, labels } of alerts) {
      expect(list).toContain(`| [${alert}](${alert}.md) | ${labels.severity} |`);
      const page = readFileSync(path(`docs/runbooks/${alert}.md`), 'utf8');
      expect(page).toMatch(
        new RegExp(`^# ${alert}\n\n\\*\\*${labels.severity}\\*\\* · [^]+\n## Look\n\n- [^]+\n## Do\n\n- `),
      );
    }
  });

  test.each(alerts)('$alert says what it is and where help is', ({ alert, labels, annotations }) => {
    expect(alert).toMatch(/^Heddle[A-Z]\w+$/);
    expect(['critical', 'warning']).toContain(labels.severity);
    expect(annotations.summary.length).toBeGreaterThan(10);
    expect(annotations.description).toContain('{{ $labels.namespace }}');
    expect(annotations.runbook_url).toBe(`docs/runbooks/${alert}.md`);
  });
});

describe.each(Object.entries(dashboards))('the dashboard %s', (_name, dashboard) => {
  const panels = dashboard.rows.flatMap((row) => row.panels);

  test('has a title, a description and a unit on every panel, and no title twice in a row', () => {
    for (const { title, description, unit, queries } of panels) {
      expect(title.length).toBeGreaterThan(0);
      expect(description, title).toMatch(/\.$/);
      expect(unit, title).toBeTruthy();
      expect(queries.length, title).toBeGreaterThan(0);
    }
    for (const row of dashboard.rows) {
      expect(new Set(row.panels.map(({ title }) => title)).size).toBe(row.panels.length);
    }
  });

  test('links to runbooks that exist', () => {
    const linked = panels.flatMap(({ alerts: names = [] }) => names.map((name) => `${name}.md`));
    expect(linked.filter((page) => !runbooks.includes(page))).toEqual([]);
  });

  test('takes rates over $__rate_interval, and filters everything by namespace', () => {
    for (const { queries } of panels) {
      for (const { expr } of queries) {
        expect(expr).not.toMatch(/\[\d+[smh]\]/);
        expect(expr.match(/\{[^}]*\}/g)?.every((braces) => braces.includes('namespace=~"$namespace"'))).toBe(
          true,
        );
      }
    }
  });
});

describe.each(Object.keys(dashboards))('the dashboard %s, as Grafana reads it,', (name) => {
  const json = JSON.parse(readFileSync(path(`grafana/dashboards/${name}.json`), 'utf8')) as {
    templating: { list: { name: string }[] };
    annotations: { list: { name: string; enable: boolean }[] };
    links: { title: string; url?: string }[];
    panels: {
      type: string;
      title: string;
      links?: { url: string }[];
      fieldConfig: { defaults: { thresholds?: { steps: object[] } } };
    }[];
  };
  const panels = json.panels.filter(({ type }) => type !== 'row');

  test('has variables for what it can be narrowed to, and marks deploys', () => {
    const own = { tasks: ['task'], services: ['service'] }[name] ?? [];
    const variables = json.templating.list.map((variable) => variable.name);
    expect(variables.toSorted()).toEqual(['datasource', 'namespace', 'runbooks', ...own].toSorted());
    expect(json.annotations.list).toContainEqual(expect.objectContaining({ name: 'Deploys', enable: true }));
  });

  test('has thresholds, and from what alerts watch a link to the runbook', () => {
    const marked = panels.filter(
      ({ fieldConfig }) => (fieldConfig.defaults.thresholds?.steps.length ?? 0) > 1,
    );
    expect(marked.length).toBeGreaterThan(2);
    const linked = panels.flatMap(({ links = [] }) => links.map(({ url }) => url));
    expect(linked.length).toBeGreaterThan(0);
    for (const url of linked) expect(url).toMatch(/^\$\{runbooks\}\/?Heddle\w+\.md$/);
    const rabbitmq = json.links.filter(({ title }) => title.startsWith('RabbitMQ'));
    expect(rabbitmq.length > 0).toBe(name === 'broker');
  });
});
