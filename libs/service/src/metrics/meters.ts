import type { Registry } from 'prom-client';
import { type LabelValues, type MetricName, type MetricsOf, metricTable } from './metric-table.ts';

/** Made for the path of a job: adding to it costs a few nanoseconds, all text is made when somebody scrapes. */
export interface CounterMeter {
  add(count: number): void;
}

export interface GaugeMeter {
  set(value: number): void;
  add(change: number): void;
}

export interface HistogramMeter {
  observe(value: number): void;
}

interface Sample {
  readonly metricName?: string;
  readonly labels: Record<string, string | number>;
  readonly value: number;
}

class NumberChild implements CounterMeter, GaugeMeter {
  value = 0;

  add(change: number): void {
    this.value += change;
  }

  set(value: number): void {
    this.value = value;
  }
}

class HistogramChild implements HistogramMeter {
  readonly #bounds: readonly number[];
  /** One more than bounds: what is above the last. */
  readonly counts: Float64Array;
  sum = 0;

  constructor(bounds: readonly number[]) {
    this.#bounds = bounds;
    this.counts = new Float64Array(bounds.length + 1);
  }

  observe(value: number): void {
    const bounds = this.#bounds;
    let index = 0;
    while (index < bounds.length && value > (bounds[index] as number)) index += 1;
    this.counts[index] = (this.counts[index] as number) + 1;
    this.sum += value;
  }
}

/** One metric with a child for each set of label values, as a registry of prom-client takes it. */
class Family<Child> {
  readonly name: string;
  readonly help: string;
  readonly type: string;
  readonly aggregator = 'sum';
  readonly #labels: readonly string[];
  readonly #make: () => Child;
  readonly #samples: (child: Child, labels: Record<string, string>) => Sample[];
  readonly #children = new Map<string, { readonly labels: Record<string, string>; readonly child: Child }>();
  /** Brings gauges up to date before they are read. */
  beforeScrape: (() => void) | undefined;

  constructor(
    name: MetricName,
    make: () => Child,
    samples: (child: Child, labels: Record<string, string>) => Sample[],
  ) {
    const { help, type, labels } = metricTable[name];
    this.name = name;
    this.help = help;
    this.type = type;
    this.#labels = labels;
    this.#make = make;
    this.#samples = samples;
    if (labels.length === 0) this.child([]);
  }

  child(values: readonly string[]): Child {
    const key = values.join('\0');
    const known = this.#children.get(key);
    if (known) return known.child;
    const labels = Object.fromEntries(this.#labels.map((label, index) => [label, values[index] ?? '']));
    const child = this.#make();
    this.#children.set(key, { labels, child });
    return child;
  }

  forget(): void {
    this.#children.clear();
  }

  get() {
    this.beforeScrape?.();
    const values = [...this.#children.values()].flatMap(({ labels, child }) => this.#samples(child, labels));
    const { name, help, type, aggregator } = this;
    return Promise.resolve({ name, help, type, aggregator, values });
  }

  reset(): void {
    this.forget();
  }
}

/** The metrics of one process, each made on first use, by its name in the table. */
export class Meters {
  readonly #registry: Registry;
  readonly #numbers = new Map<MetricName, Family<NumberChild>>();
  readonly #histograms = new Map<MetricName, Family<HistogramChild>>();

  constructor(registry: Registry) {
    this.#registry = registry;
  }

  /** The series with these label values; it exists from now on. Keep it: looking it up costs more than counting. */
  counter<N extends MetricsOf<'counter'>>(name: N, ...labels: LabelValues<N>): CounterMeter {
    return this.#number(name).child(labels);
  }

  gauge<N extends MetricsOf<'gauge'>>(name: N, ...labels: LabelValues<N>): GaugeMeter {
    return this.#number(name).child(labels);
  }

  histogram<N extends MetricsOf<'histogram'>>(name: N, ...labels: LabelValues<N>): HistogramMeter {
    let family = this.#histograms.get(name);
    if (!family) {
      const { buckets } = metricTable[name];
      family = this.#add(
        new Family(name, () => new HistogramChild(buckets), histogramSamples(name, buckets)),
      );
      this.#histograms.set(name, family);
    }
    return family.child(labels);
  }

  /**
   * Metrics that are measured when somebody asks: `measure` is called before each scrape with a function that adds to a
   * series. A gauge starts anew each time, so that what is gone disappears; a counter's measurements must not fall.
   */
  pulled<N extends MetricsOf<'gauge' | 'counter'>>(
    name: N,
    measure: (add: (value: number, ...labels: LabelValues<N>) => void) => void,
  ): void {
    const family = this.#number(name);
    const before = family.beforeScrape;
    family.beforeScrape = () => {
      if (before) before();
      else family.forget();
      measure((value, ...labels) => family.child(labels).add(value));
    };
  }

  #number(name: MetricName): Family<NumberChild> {
    let family = this.#numbers.get(name);
    if (!family) {
      family = this.#add(
        new Family(
          name,
          () => new NumberChild(),
          (child, labels) => [{ labels, value: child.value }],
        ),
      );
      this.#numbers.set(name, family);
    }
    return family;
  }

  #add<F extends Family<NumberChild> | Family<HistogramChild>>(family: F): F {
    // A registry asks for no more than a name and `get`, though its types say so.
    this.#registry.registerMetric(family as unknown as Parameters<Registry['registerMetric']>[0]);
    return family;
  }
}

function histogramSamples(name: MetricName, bounds: readonly number[]) {
  return (child: HistogramChild, labels: Record<string, string>): Sample[] => {
    let count = 0;
    const buckets = bounds.map((le, index): Sample => {
      count += child.counts[index] as number;
      return { metricName: `${name}_bucket`, labels: { le, ...labels }, value: count };
    });
    count += child.counts[bounds.length] as number;
    return [
      ...buckets,
      { metricName: `${name}_bucket`, labels: { le: '+Inf', ...labels }, value: count },
      { metricName: `${name}_sum`, labels, value: child.sum },
      { metricName: `${name}_count`, labels, value: count },
    ];
  };
}
