import { type Dashboard, HERE, type Panel, type Row, type Step } from './panel.ts';

const DATASOURCE = { type: 'prometheus', uid: '${datasource}' } as const;
const COLUMNS = 24;
const HEIGHT = { timeseries: 8, stat: 4 } as const;
const WIDTH = { timeseries: 12, stat: 4 } as const;

/** A dashboard as Grafana imports it. */
export function dashboardJson(dashboard: Dashboard): string {
  const { uid, title, description, variables, links = [] } = dashboard;
  const json = {
    uid,
    title,
    description,
    tags: ['heddle'],
    editable: true,
    graphTooltip: 1,
    refresh: '30s',
    time: { from: 'now-1h', to: 'now' },
    schemaVersion: 39,
    annotations: { list: annotations() },
    templating: { list: [datasource(), namespace(), ...variables.map(variable), runbooks()] },
    links: [
      {
        type: 'dashboards',
        title: 'Heddle',
        tags: ['heddle'],
        asDropdown: true,
        includeVars: true,
        keepTime: true,
      },
      ...links.map((link) => ({ type: 'link', icon: 'external link', targetBlank: true, ...link })),
    ],
    panels: layOut(dashboard.rows),
  };
  return `${JSON.stringify(json, undefined, 2)}\n`;
}

function layOut(rows: readonly Row[]): object[] {
  const panels: object[] = [];
  let y = 0;
  let id = 1;
  for (const row of rows) {
    panels.push({
      id: id++,
      type: 'row',
      title: row.title,
      collapsed: false,
      panels: [],
      gridPos: { x: 0, y, w: COLUMNS, h: 1 },
    });
    y += 1;
    let x = 0;
    let height = 0;
    for (const panel of row.panels) {
      const w = panel.width ?? WIDTH[panel.kind];
      if (x + w > COLUMNS) {
        x = 0;
        y += height;
        height = 0;
      }
      panels.push(panelJson(panel, id++, { x, y, w, h: HEIGHT[panel.kind] }));
      x += w;
      height = Math.max(height, HEIGHT[panel.kind]);
    }
    y += height;
  }
  return panels;
}

function panelJson(panel: Panel, id: number, gridPos: object): object {
  const { kind, title, description, unit, queries, stacked = false, alerts = [] } = panel;
  return {
    id,
    type: kind,
    title,
    description,
    gridPos,
    datasource: DATASOURCE,
    targets: queries.map(({ expr, legend }, index) => ({
      refId: String.fromCharCode(65 + index),
      datasource: DATASOURCE,
      editorMode: 'code',
      expr,
      legendFormat: legend,
      range: kind === 'timeseries',
      instant: kind === 'stat',
    })),
    links: alerts.map((alert) => ({
      title: `Runbook: ${alert}`,
      url: `\${runbooks}/${alert}.md`,
      targetBlank: true,
    })),
    fieldConfig: { defaults: fieldDefaults(panel, unit, stacked), overrides: [] },
    options:
      kind === 'stat'
        ? { reduceOptions: { calcs: ['lastNotNull'] }, colorMode: 'value', graphMode: 'none' }
        : {
            legend: { displayMode: 'list', placement: 'bottom', showLegend: true },
            tooltip: { mode: 'multi', sort: 'desc' },
          },
  };
}

function fieldDefaults({ kind, steps }: Panel, unit: string, stacked: boolean): object {
  return {
    unit,
    min: 0,
    ...(kind === 'timeseries' && {
      custom: {
        drawStyle: 'line',
        lineWidth: 1,
        fillOpacity: stacked ? 40 : 8,
        showPoints: 'never',
        stacking: { mode: stacked ? 'normal' : 'none', group: 'A' },
        thresholdsStyle: { mode: steps ? 'dashed' : 'off' },
      },
    }),
    color: { mode: kind === 'stat' && steps ? 'thresholds' : 'palette-classic' },
    thresholds: { mode: 'absolute', steps: thresholds(steps ?? [{ from: 0, color: 'green' }]) },
  };
}

/** Grafana wants the first step to begin at minus infinity, which it writes as null. */
function thresholds(steps: readonly Step[]): object[] {
  return steps.map(({ from, color }, index) => ({ color, value: index === 0 ? null : from }));
}

/** When a version began to run that had not run before, and when processes started. */
function annotations(): object[] {
  const versions = `count by (version) (heddle_build_info{${HERE}})`;
  return [
    {
      name: 'Deploys',
      enable: true,
      iconColor: 'blue',
      datasource: DATASOURCE,
      expr: `${versions} unless ${versions.replace('})', '} offset 5m)')}`,
      step: '60s',
      titleFormat: 'version {{version}}',
    },
    {
      name: 'Restarts',
      enable: false,
      iconColor: 'orange',
      datasource: DATASOURCE,
      expr: `sum by (service) (changes(process_start_time_seconds{${HERE}, service=~"gateway|producer|consumer|recorder|notifier"}[2m])) > 0`,
      step: '60s',
      titleFormat: '{{service}} restarted',
    },
  ];
}

function datasource(): object {
  return { name: 'datasource', label: 'Data source', type: 'datasource', query: 'prometheus', hide: 0 };
}

function fromLabel(name: string, label: string, query: string): object {
  return {
    name,
    label,
    type: 'query',
    datasource: DATASOURCE,
    query: { query, refId: name },
    definition: query,
    refresh: 2,
    sort: 1,
    multi: true,
    includeAll: true,
    allValue: '.*',
    current: { text: 'All', value: '$__all' },
  };
}

function namespace(): object {
  return fromLabel('namespace', 'Namespace', 'label_values(heddle_build_info, namespace)');
}

function variable(name: 'service' | 'task'): object {
  if (name === 'service') {
    // Not every value: other things may have a label of that name.
    const service = fromLabel(name, 'Service', `label_values(heddle_build_info{${HERE}}, service)`);
    return { ...service, allValue: 'gateway|producer|consumer|recorder|notifier' };
  }
  return {
    ...fromLabel(name, 'Task', `label_values(heddle_jobs_total{${HERE}}, task)`),
    multi: false,
    current: {},
  };
}

function runbooks(): object {
  const value = 'docs/runbooks';
  return {
    name: 'runbooks',
    label: 'Runbooks at',
    type: 'textbox',
    query: value,
    current: { text: value, value },
    options: [{ text: value, value, selected: true }],
  };
}
