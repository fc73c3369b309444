import {
  createMetrics,
  type LabelValues,
  type MetricName,
  type MetricsOf,
  metricTable,
} from '@heddle/service';
import { expect, test } from 'vitest';
import { runPromtool } from '../../test/support/promtool.ts';

const names = Object.keys(metricTable) as MetricName[];

test('every metric passes `promtool check metrics`', async () => {
  const { registry, meters } = createMetrics('gateway');
  for (const name of names) {
    const { type, labels } = metricTable[name];
    const values = labels.map((label) => `some-${label}`) as unknown;
    if (type === 'counter') meters.counter(name as MetricsOf<'counter'>, ...(values as LabelValues<never>));
    else if (type === 'gauge') meters.gauge(name as MetricsOf<'gauge'>, ...(values as LabelValues<never>));
    else meters.histogram(name as MetricsOf<'histogram'>, ...(values as LabelValues<never>));
  }
  const text = await registry.metrics();
  expect(text.match(/^# TYPE heddle_/gm)).toHaveLength(names.length);
  // With Node's own, as a scrape gets them.
  expect(await runPromtool(['check', 'metrics'], text)).toEqual({ code: 0, output: '' });
});

test.each(names)('%s says what it is', (name) => {
  const { type, help, labels } = metricTable[name];
  expect(name).toMatch(/^heddle_[a-z_]+$/);
  expect(name.endsWith('_total')).toBe(type === 'counter');
  expect(help).toMatch(/^[A-Z01].+\.$/);
  expect(labels).not.toContain('service');
  expect(labels.filter((label) => /id$|job$|key$|url$/.test(label))).toEqual([]);
});
