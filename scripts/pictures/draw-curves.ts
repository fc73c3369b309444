import { init } from 'echarts';
import type { Panel, Unit } from '../generate/grafana/panel.ts';
import { formatValue } from './format-value.ts';
import type { Line } from './read-panels.ts';

const TITLE = 26;
/** A legend of more would hide its curves. */
const MOST_LINES = 6;
const LEGEND_WIDTH = 178;
/** What the axis of a panel without a value ends at. */
const ONE: Partial<Record<Unit, number>> = { percentunit: 0.01 };
/** Axes with round numbers: what one step of them is. */
const SCALE: Partial<Record<Unit, number>> = { bytes: 2 ** 20 };
const THRESHOLD = { green: '#2f9e44', yellow: '#f0a500', red: '#d6336c' } as const;

/** The curves of a panel, as an SVG to stand below its title. */
export function drawCurves(panel: Panel, lines: readonly Line[], width: number, height: number): string {
  const shown = largest(lines);
  const most = Math.max(0, ...shown.flatMap(({ points }) => points.map(([, value]) => value)));
  const scale = SCALE[panel.unit] ?? 1;
  const chart = init(null, null, { renderer: 'svg', ssr: true, width, height });
  chart.setOption({
    animation: false,
    grid: { left: 10, right: LEGEND_WIDTH + 12, top: 10, bottom: 6, containLabel: true },
    legend: {
      type: 'plain',
      orient: 'vertical',
      left: width - LEGEND_WIDTH,
      top: 4,
      itemWidth: 12,
      itemHeight: 6,
      itemGap: 5,
      icon: 'roundRect',
      textStyle: { fontSize: 10 },
      formatter: shorten,
    },
    xAxis: { type: 'time', axisLabel: { fontSize: 10, hideOverlap: true, formatter: '{mm}:{ss}' } },
    yAxis: {
      type: 'value',
      min: 0,
      // A flat line at 0 wants an axis too.
      ...(most === 0 && { max: ONE[panel.unit] ?? 1, interval: ONE[panel.unit] ?? 1 }),
      splitNumber: 4,
      axisLabel: { fontSize: 10, formatter: (value: number) => formatValue(value * scale, panel.unit) },
    },
    series: shown.map(({ name, points }, index) => ({
      type: 'line',
      name,
      symbol: 'none',
      lineStyle: { width: 1.5 },
      ...(panel.stacked && { stack: 'all', areaStyle: { opacity: 0.35 } }),
      data: points.map(([at, value]) => [at, value / scale]),
      ...(index === 0 && { markLine: thresholds(panel, most, scale) }),
    })),
  });
  const svg = chart.renderToSVGString();
  chart.dispose();
  return withoutBallast(svg).replace('<svg ', `<svg y="${TITLE}" `);
}

/** What says the same for every element stands once, on the dashboard's. */
function withoutBallast(svg: string): string {
  return svg
    .replaceAll(/<style[\s\S]*?<\/style>/g, '')
    .replaceAll(/ (ecmeta_\w+|class|style|pointer-events|xmlns(:xlink)?|version|baseProfile)="[^"]*"/g, '')
    .replaceAll(/"[^"]*"/g, (attribute) =>
      attribute.replaceAll(/-?\d+\.\d{2,}/g, (number) => String(Math.round(Number(number) * 10) / 10)),
    );
}

function shorten(name: string): string {
  return name.length > 27 ? `…${name.slice(-26)}` : name;
}

function largest(lines: readonly Line[]): Line[] {
  const peak = ({ points }: Line): number => Math.max(...points.map(([, value]) => value));
  const kept = new Set(lines.toSorted((a, b) => peak(b) - peak(a)).slice(0, MOST_LINES));
  return lines.filter((line) => kept.has(line));
}

/** Grafana's threshold lines, those that the curves come near to. */
function thresholds({ steps = [] }: Panel, most: number, scale: number) {
  return {
    silent: true,
    symbol: 'none',
    label: { show: false },
    data: steps
      .filter(({ from }) => from > 0 && from <= most * 1.5)
      .map(({ from, color }) => ({
        yAxis: from / scale,
        lineStyle: { color: THRESHOLD[color], type: 'dashed' },
      })),
  };
}
