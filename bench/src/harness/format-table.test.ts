import { expect, test } from 'vitest';
import { formatTable } from './format-table.ts';

const series = (median: number) => ({ rounds: [median], median });

test('a comparison shows both figures, their ratio and its target; a limit shows what it is above', () => {
  const table = formatTable([
    {
      kind: 'comparison',
      name: 'echo',
      unit: 'jobs/s',
      ours: series(9_000),
      reference: series(12_000),
      ratio: 0.75,
      target: 0.7,
      met: true,
    },
    {
      kind: 'limit',
      name: 'memory gateway',
      unit: 'MB',
      ours: series(130),
      reference: undefined,
      ratio: undefined,
      target: 120,
      met: false,
    },
    {
      kind: 'limit',
      name: 'wait',
      unit: 'ms',
      ours: series(6),
      reference: series(2),
      ratio: 3,
      target: 5,
      above: 'reference',
      met: true,
    },
  ]);
  expect(table.split('\n').map((line) => line.trim().split(/ {2,}/))).toEqual([
    ['benchmark', 'ours', 'reference', 'ratio', 'target'],
    ['echo', '9,000 jobs/s', '12,000 jobs/s', '0.75', '≥ 0.7', 'met'],
    ['memory gateway', '130 MB', '–', '–', '≤ 120 MB', 'MISSED'],
    ['wait', '6 ms', '2 ms', '3.00', '≤ reference + 5 ms', 'met'],
  ]);
});
