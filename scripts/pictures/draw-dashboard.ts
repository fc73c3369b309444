import type { Dashboard, Panel } from '../generate/grafana/panel.ts';
import { drawCurves } from './draw-curves.ts';
import { formatValue } from './format-value.ts';
import type { DrawnPanel } from './read-panels.ts';

const WIDTH = 1_200;
const COLUMNS = 24;
const GAP = 8;
const HEADER = 46;
const ROW_TITLE = 30;
const HEIGHTS = { timeseries: 190, stat: 84 } as const;
const COLORS = { green: '#2f9e44', yellow: '#d99100', red: '#d6336c' } as const;

/** A whole dashboard as one SVG, in the order and with the widths that Grafana gets. */
export function drawDashboard(dashboard: Dashboard, panels: ReadonlyMap<string, DrawnPanel>): string {
  const parts: string[] = [text(GAP, 30, 20, '#1f2430', dashboard.title, 'bold')];
  let top = HEADER;
  // A row about what this run's tasks do not have, such as limits, would show nothing.
  const rows = dashboard.rows.filter((row) =>
    row.panels.some((panel) => panels.get(`${row.title}/${panel.title}`)?.lines.length),
  );
  for (const row of rows) {
    parts.push(text(GAP, top + 20, 14, '#495057', row.title, 'bold'));
    top += ROW_TITLE;
    let column = 0;
    let height = 0;
    for (const panel of row.panels) {
      const span = panel.width ?? (panel.kind === 'stat' ? 4 : 12);
      if (column + span > COLUMNS) {
        top += height + GAP;
        column = 0;
        height = 0;
      }
      const left = GAP + (column * (WIDTH - GAP)) / COLUMNS;
      const width = (span * (WIDTH - GAP)) / COLUMNS - GAP;
      const drawn = panels.get(`${row.title}/${panel.title}`) ?? { lines: [] };
      parts.push(drawPanel(panel, drawn, { left, top, width }));
      column += span;
      height = Math.max(height, HEIGHTS[panel.kind]);
    }
    top += height + GAP;
  }
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${top}" viewBox="0 0 ${WIDTH} ${top}" font-family="sans-serif" font-size="10"><rect width="100%" height="100%" fill="#f1f3f5"/>${parts.join('\n')}</svg>\n`;
}

function drawPanel(
  panel: Panel,
  { lines }: DrawnPanel,
  { left, top, width }: { left: number; top: number; width: number },
): string {
  const height = HEIGHTS[panel.kind];
  const inside =
    panel.kind === 'stat' ? drawFigure(panel, lines, width) : drawCurves(panel, lines, width, height - 26);
  return `<svg x="${round(left)}" y="${round(top)}" width="${round(width)}" height="${height}"><rect x="0.5" y="0.5" width="${round(width - 1)}" height="${height - 1}" rx="3" fill="#fff" stroke="#dee2e6"/>${text(10, 18, 12, '#1f2430', panel.title, 'bold')}${inside}</svg>`;
}

function drawFigure(panel: Panel, lines: DrawnPanel['lines'], width: number): string {
  const value = lines[0]?.points.at(-1)?.[1];
  if (value === undefined) return text(width / 2, 58, 22, '#868e96', 'no data', 'normal', 'middle');
  const color = panel.steps?.findLast(({ from }) => value >= from)?.color;
  return text(
    width / 2,
    60,
    28,
    color ? COLORS[color] : '#1c7ed6',
    formatValue(value, panel.unit),
    'bold',
    'middle',
  );
}

function text(
  x: number,
  y: number,
  size: number,
  color: string,
  words: string,
  weight = 'normal',
  anchor = 'start',
): string {
  return `<text x="${round(x)}" y="${y}" font-size="${size}" font-weight="${weight}" text-anchor="${anchor}" fill="${color}">${escape(words)}</text>`;
}

function escape(words: string): string {
  return words.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
