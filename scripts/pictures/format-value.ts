import type { Unit } from '../generate/grafana/panel.ts';

/** As Grafana writes a value of this unit, shortly. */
export function formatValue(value: number, unit: Unit): string {
  switch (unit) {
    case 's':
      return formatSeconds(value);
    case 'bytes':
      return `${round(value / 2 ** 20)} MiB`;
    case 'percentunit':
      return `${round(value * 100)} %`;
    case 'reqps':
    case 'cps':
      return `${round(value)}/s`;
    case 'Bps':
      return `${round(value / 1_024)} KiB/s`;
    case 'short':
    case 'none':
      return round(value);
  }
}

function formatSeconds(seconds: number): string {
  if (seconds === 0) return '0 s';
  if (seconds < 0.001) return `${round(seconds * 1e6)} µs`;
  if (seconds < 1) return `${round(seconds * 1_000)} ms`;
  if (seconds < 1_000) return `${round(seconds)} s`;
  return `${round(seconds / 60)} min`;
}

/** Three digits that matter. */
function round(value: number): string {
  return String(Number(value.toPrecision(3)));
}
