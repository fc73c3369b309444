import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { type MetricName, metricTable } from '@heddle/service';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { dashboards } from '../../scripts/generate/grafana/dashboards.ts';
import { fillInQuery } from '../support/fill-in-query.ts';
import { mixedLoad } from '../support/mixed-load.ts';
import { type Series, TestPrometheus } from '../support/prometheus.ts';
import { runPromtool } from '../support/promtool.ts';
import { readAlerts } from '../support/read-alerts.ts';
import { SystemStack } from '../support/system-stack.ts';

const BOUNDED = fileURLToPath(new URL('./tasks/bounded-tasks.mjs', import.meta.url));
const SCRAPE_SECONDS = 2;
/** Clients have asked for what there is not. */
const MADE_UP = 'sum(heddle_http_requests_total{route="none", code="404"}) > 2';
const fillIn = (expr: string): string => fillInQuery(expr, { rateInterval: '10s', task: 'debug.echo' });

interface NamedQuery {
  readonly name: string;
  readonly expr: string;
  readonly mayBeEmpty: boolean;
}

const ofPanels: NamedQuery[] = Object.values(dashboards).flatMap(({ title, rows }) =>
  rows.flatMap((row) =>
    row.panels.flatMap((panel) =>
      panel.queries.map(({ expr, legend, mayBeEmpty = false }) => ({
        name: `${title}: ${row.title}: ${panel.title}: ${legend}`,
        expr: fillIn(expr),
        mayBeEmpty,
      })),
    ),
  ),
);
const ofAnnotations: NamedQuery[] = Object.keys(dashboards).flatMap((file) => {
  const path = new URL(`../../grafana/dashboards/${file}.json`, import.meta.url);
  const { annotations } = JSON.parse(readFileSync(path, 'utf8')) as {
    annotations: { list: { name: string; expr: string }[] };
  };
  return annotations.list.map(({ name, expr }) => ({
    name: `${file}: ${name}`,
    expr: fillIn(expr),
    mayBeEmpty: true,
  }));
});
const ofAlerts: NamedQuery[] = readAlerts().map(({ alert, expr }) => ({
  name: alert,
  expr,
  mayBeEmpty: true,
}));

describe('a stack under load, scraped by Prometheus', () => {
  let stack: SystemStack;
  let prometheus: TestPrometheus;
  /** What each service counted before the first request. */
  let atFirst: ReadonlyMap<string, ReadonlySet<string>>;
  /** When enough had been seen; everything is asked as of then, so that the load can end before. */
  let then: number;

  beforeAll(async () => {
    // With tasks that have limits and lanes.
    stack = await SystemStack.start({ tasks: `debug.*,image.thumbnail,${BOUNDED}` });
    const targets = stack.services.map(({ ops }) => ops);
    // The notifier announces its task too; the others have been waited for.
    await vi.waitFor(async () => {
      const text = await scrape(stack.of('recorder').ops);
      expect(text).toContain('heddle_jobs_accepted_total{task="webhook.deliver"');
    }, 60_000);
    atFirst = await countersOfAll();
    const load = mixedLoad(stack.api.url, 3, () => 40);
    try {
      prometheus = await TestPrometheus.start({ targets, scrapeSeconds: SCRAPE_SECONDS });
      // What has not come by the end of this, the tests name.
      await vi
        .waitUntil(
          () => {
            // A scrape that began before has ended, well or not.
            then = Date.now() - 1_500 * SCRAPE_SECONDS;
            return isWellSeen();
          },
          { timeout: 120_000, interval: 500 },
        )
        .catch(() => undefined);
    } finally {
      await load.stop();
    }
  }, 240_000);
  afterAll(async () => {
    await prometheus?.stop();
    await stack?.stop();
  });

  const asked = (expr: string): Promise<Series[]> => prometheus.query(expr, then);

  /** Whether enough has been seen by then: how soon depends on how busy the machine is. */
  async function isWellSeen(): Promise<boolean> {
    // The queues are looked at every 5 s, and a pace needs two looks; a rate over 10 s wants more than two points.
    const paces = 'count(heddle_queue_drain_seconds{queue="heddle.jobs.debug.echo"} < +Inf)';
    const points = 'min(count_over_time(heddle_build_info{}[10s])) >= 4 and min(up{}) == 1';
    if ((await asked(`${paces} and ${points} and ${MADE_UP}`)).length === 0) return false;
    return (await emptyPanels()).length === 0;
  }

  /** The queries that give no number. */
  async function emptyPanels(): Promise<string[]> {
    const empty: string[] = [];
    for (const { name, expr, mayBeEmpty } of [...ofPanels, ...ofAnnotations]) {
      const series = await asked(expr);
      if (!mayBeEmpty && !series.some(({ value }) => Number.isFinite(Number(value?.[1])))) empty.push(name);
    }
    return empty;
  }

  const scrape = async (ops: number): Promise<string> =>
    (await fetch(`http://127.0.0.1:${ops}/metrics`)).text();

  const countersOfAll = async (): Promise<Map<string, Set<string>>> =>
    new Map(
      await Promise.all(
        stack.services.map(async ({ name, ops }) => [name, countersOf(await scrape(ops))] as const),
      ),
    );

  test('shows each metric of ours somewhere: on a dashboard, or in an alert', () => {
    const asked = [...ofPanels, ...ofAnnotations, ...ofAlerts].map(({ expr }) => expr).join('\n');
    expect(Object.keys(metricTable).filter((name) => !asked.includes(name))).toEqual([]);
  });

  test('answers every query of every panel with numbers', async () => {
    expect(await emptyPanels()).toEqual([]);
    expect(ofPanels.length).toBeGreaterThan(90);
  });

  test('has loaded every alert, and none of them is in trouble', async () => {
    for (const { expr } of ofAlerts) await asked(expr);
    const rules = await prometheus.rules();
    expect(rules.map(({ name }) => name).toSorted()).toEqual(ofAlerts.map(({ name }) => name).toSorted());
    expect(rules.filter(({ health, lastError }) => health !== 'ok' || lastError)).toEqual([]);
  });

  test('has every metric and every label that a query names', async () => {
    const missing: string[] = [];
    const labels = new Map<string, Promise<Set<string>>>();
    const labelsOf = (metric: string): Promise<Set<string>> => {
      let known = labels.get(metric);
      if (!known) {
        known = asked(`{__name__="${metric}"}`).then(
          (series) => new Set(series.flatMap((one) => Object.keys(one.metric))),
        );
        labels.set(metric, known);
      }
      return known;
    };
    for (const { name, expr } of [...ofPanels, ...ofAnnotations, ...ofAlerts]) {
      const selectors = [...expr.matchAll(/([a-z_0-9]+)\{([^}]*)\}/g)];
      expect(selectors.length, name).toBeGreaterThan(0);
      const everyLabel = new Set<string>();
      for (const [, metric = '', braces = ''] of selectors) {
        const known = await labelsOf(metric);
        if (known.size === 0) missing.push(`${name}: ${metric}`);
        for (const label of known) everyLabel.add(label);
        for (const [, label = ''] of braces.matchAll(/(\w+)\s*(?:=~|!~|!=|=)/g)) {
          if (!known.has(label)) missing.push(`${name}: ${metric} has no label ${label}`);
        }
      }
      for (const [, list = ''] of expr.matchAll(/\b(?:by|on) \(([^)]*)\)/g)) {
        for (const label of list.split(',').map((one) => one.trim())) {
          if (label !== '' && !everyLabel.has(label)) missing.push(`${name}: nothing has the label ${label}`);
        }
      }
    }
    expect(missing).toEqual([]);
  });

  test.each(['gateway', 'producer', 'consumer', 'recorder', 'notifier'] as const)(
    'shows of the %s exactly the metrics of the table, as Prometheus wants them',
    async (service) => {
      const text = await scrape(stack.of(service).ops);
      const shown = [...text.matchAll(/^# TYPE (heddle_\w+) (\w+)$/gm)].map(
        ([, name, type]) => `${name} ${type}`,
      );
      const expected = (Object.keys(metricTable) as MetricName[])
        .filter((name) => (metricTable[name].by as readonly string[]).includes(service))
        .map((name) => `${name} ${metricTable[name].type}`);
      expect(new Set(shown)).toEqual(new Set(expected));
      const ours = text.split('\n').filter((line) => line.includes('heddle_'));
      expect(await runPromtool(['check', 'metrics'], text)).toEqual({ code: 0, output: '' });
      expect(ours.filter((line) => !line.startsWith('#') && !line.includes(`service="${service}"`))).toEqual(
        [],
      );
    },
  );

  test('has had every series that counts from the start, but for codes that handlers make up', async () => {
    for (const [service, counters] of await countersOfAll()) {
      const late = [...counters].filter((series) => !atFirst.get(service)?.has(series));
      expect(late.filter((series) => !series.includes('code="out_of_luck"'))).toEqual([]);
    }
  });

  test('makes no series of what clients make up', async () => {
    expect(await asked(MADE_UP)).toHaveLength(1);
    for (const { ops } of stack.services) {
      expect(await scrape(ops)).not.toMatch(/nonsense|nobody\.serves-this/);
    }
  });

  test('fires no alert that says that work stands still', async () => {
    const critical = ofAlerts.filter(({ name }) =>
      /NotFlowing|NoConsumers|Alarm|Disconnected|Absent/.test(name),
    );
    expect(critical).toHaveLength(5);
    for (const { name, expr } of critical) expect([name, await asked(expr)]).toEqual([name, []]);
  });
});

/** The series of counters and histograms in Prometheus' text, without their values. */
function countersOf(text: string): Set<string> {
  const types = new Map(
    [...text.matchAll(/^# TYPE (\w+) (\w+)$/gm)].map(([, name = '', type = '']) => [name, type]),
  );
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  const series = lines.map((line) => line.slice(0, line.lastIndexOf(' ')));
  return new Set(
    series.filter((one) => {
      const [name = ''] = one.split('{', 1);
      const type = types.get(name) ?? types.get(name.replace(/_(bucket|sum|count)$/, ''));
      return type === 'counter' || type === 'histogram';
    }),
  );
}
