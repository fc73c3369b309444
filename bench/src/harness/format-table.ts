import type { Outcome } from './benchmark.ts';

const HEADINGS = ['benchmark', 'ours', 'reference', 'ratio', 'target', ''] as const;

/** The outcomes as an aligned table, a line each. */
export function formatTable(outcomes: readonly Outcome[]): string {
  const rows = [HEADINGS, ...outcomes.map(formatRow)];
  const widths = HEADINGS.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows
    .map((row) =>
      row
        .map((cell, column) =>
          column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0),
        )
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

function formatRow(outcome: Outcome): readonly string[] {
  return [
    outcome.name,
    `${formatFigure(outcome.ours.median)} ${outcome.unit}`,
    outcome.reference ? `${formatFigure(outcome.reference.median)} ${outcome.unit}` : '–',
    outcome.ratio === undefined ? '–' : outcome.ratio.toFixed(2),
    formatTarget(outcome),
    outcome.met === undefined ? '' : outcome.met ? 'met' : 'MISSED',
  ];
}

function formatTarget({ kind, target, unit, above }: Outcome): string {
  if (target === undefined) return '–';
  if (kind === 'comparison') return `≥ ${target}`;
  return `≤ ${above ? 'reference + ' : ''}${target} ${unit}`;
}

/** Three significant digits, thousands apart. */
function formatFigure(value: number): string {
  return value.toLocaleString('en-GB', { maximumFractionDigits: value < 10 ? 2 : value < 100 ? 1 : 0 });
}
