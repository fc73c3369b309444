import { fillInQuery } from '../../test/support/fill-in-query.ts';
import type { Series, TestPrometheus } from '../../test/support/prometheus.ts';
import type { Dashboard, Panel } from '../generate/grafana/panel.ts';

/** A panel's lines as Prometheus answered. */
export interface DrawnPanel {
  readonly lines: readonly Line[];
}

export interface Line {
  readonly name: string;
  /** Milliseconds since the epoch, and what was measured. */
  readonly points: readonly (readonly [number, number])[];
}

export interface Window {
  readonly from: number;
  readonly to: number;
  readonly stepSeconds: number;
}

/** Asks what each panel of a dashboard asks; by title of row and panel. */
export async function readPanels(
  dashboard: Dashboard,
  prometheus: TestPrometheus,
  window: Window,
): Promise<Map<string, DrawnPanel>> {
  const read = new Map<string, DrawnPanel>();
  for (const row of dashboard.rows) {
    for (const panel of row.panels) {
      read.set(`${row.title}/${panel.title}`, await readPanel(panel, prometheus, window));
    }
  }
  return read;
}

async function readPanel(
  panel: Panel,
  prometheus: TestPrometheus,
  { from, to, stepSeconds }: Window,
): Promise<DrawnPanel> {
  const lines: Line[] = [];
  for (const { expr, legend } of panel.queries) {
    const filled = fillInQuery(expr, { rateInterval: '20s', task: 'debug[.]sleep|image[.]thumbnail' });
    for (const series of await prometheus.queryRange(filled, from, to, stepSeconds)) {
      lines.push({ name: nameLine(legend, series), points: readPoints(series) });
    }
  }
  return { lines: lines.filter(({ points }) => points.length > 0) };
}

function nameLine(legend: string, { metric }: Series): string {
  return legend.replaceAll(/\{\{(\w+)\}\}/g, (_, label: string) => metric[label] ?? '');
}

function readPoints({ values = [] }: Series): [number, number][] {
  return values
    .map(([at, text]): [number, number] => [at * 1_000, Number(text)])
    .filter(([, value]) => Number.isFinite(value));
}
