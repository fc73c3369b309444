/** One query of a panel, and what its lines are called. */
export interface PanelQuery {
  /** PromQL; every metric stands with its braces, even if they are empty, so that tests find it. */
  readonly expr: string;
  /** Grafana's legend, such as `{{task}}`. */
  readonly legend: string;
  /** There may be nothing to show though all is well. */
  readonly mayBeEmpty?: boolean;
}

/** Grafana's names of units. */
export type Unit = 'short' | 's' | 'bytes' | 'percentunit' | 'reqps' | 'cps' | 'Bps' | 'none';

/** From this value on, this colour. */
export interface Step {
  readonly from: number;
  readonly color: 'green' | 'yellow' | 'red';
}

export interface Panel {
  readonly kind: 'timeseries' | 'stat';
  readonly title: string;
  /** What it says, and what is good and bad. */
  readonly description: string;
  readonly unit: Unit;
  readonly queries: readonly PanelQuery[];
  readonly steps?: readonly Step[];
  readonly stacked?: boolean;
  /** Of the alerts that look at the same: their runbooks are linked. */
  readonly alerts?: readonly string[];
  /** Columns of 24; default 12 for curves, 4 for numbers. */
  readonly width?: number;
}

export interface Row {
  readonly title: string;
  readonly panels: readonly Panel[];
}

export interface Dashboard {
  /** Stable: links and bookmarks hold it. */
  readonly uid: string;
  readonly title: string;
  readonly description: string;
  readonly variables: readonly ('service' | 'task')[];
  readonly rows: readonly Row[];
  readonly links?: readonly { readonly title: string; readonly url: string }[];
}

/** What every query filters by, besides its own. */
export const HERE = 'namespace=~"$namespace"';
export const OF_TASK = `${HERE}, task=~"$task"`;
export const OF_SERVICE = `${HERE}, service=~"$service"`;

type Rest = Partial<Omit<Panel, 'kind' | 'title' | 'description' | 'unit' | 'queries'>>;

/** Curves over time. */
export function curves(
  title: string,
  description: string,
  unit: Unit,
  queries: readonly (readonly [legend: string, expr: string, mayBeEmpty?: 'may be empty'])[],
  rest: Rest = {},
): Panel {
  return { kind: 'timeseries', title, description, unit, queries: queries.map(toQuery), ...rest };
}

/** One number, now. */
export function figure(title: string, description: string, unit: Unit, expr: string, rest: Rest = {}): Panel {
  return { kind: 'stat', title, description, unit, queries: [{ expr, legend: title }], ...rest };
}

function toQuery([legend, expr, mayBeEmpty]: readonly [string, string, 'may be empty'?]): PanelQuery {
  return { legend, expr, ...(mayBeEmpty && { mayBeEmpty: true }) };
}

/** A quantile of a histogram, over all processes. Of what nothing was counted of lately, there is no line. */
export function quantile(q: number, metric: string, filter: string, by: readonly string[] = []): string {
  const all = `histogram_quantile(${q}, sum by (${['le', ...by].join(', ')}) (rate(${metric}_bucket{${filter}}[$__rate_interval])))`;
  return by.length > 0 ? `${all} >= 0` : all;
}

/** Curves of the values that these shares of what a histogram counts keep within. */
export function within(
  metric: string,
  filter: string,
  shares: readonly number[] = [0.5, 0.95, 0.99],
): [legend: string, expr: string][] {
  return shares.map((share) => [
    share === 0.5 ? 'half within' : `${share * 100} % within`,
    quantile(share, metric, filter),
  ]);
}

/** Green, and from these values on another colour. */
export function worseFrom(limits: Partial<Record<'yellow' | 'red', number>>): Step[] {
  const green: Step = { from: 0, color: 'green' };
  return [
    green,
    ...(['yellow', 'red'] as const).flatMap((color) => {
      const from = limits[color];
      return from === undefined ? [] : [{ from, color }];
    }),
  ];
}

/** How often it counts up in a second. */
export function perSecond(metric: string, filter: string, by: readonly string[] = []): string {
  return `sum by (${by.join(', ')}) (rate(${metric}{${filter}}[$__rate_interval]))`;
}

/** Of what every recorder measures, one answer a queue. */
export function perQueue(metric: string, filter: string): string {
  return `max by (queue) (${metric}{${filter}})`;
}
