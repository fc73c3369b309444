import type { MeterRegistry } from './meter-registry.ts';
import { MetricFamily } from './metric-family.ts';
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

/** The metrics of one process, each made on first use, by its name in the table. */
export class Meters {
  readonly #registry: MeterRegistry;
  readonly #numbers = new Map<MetricName, MetricFamily<NumberChild>>();
  readonly #histograms = new Map<MetricName, MetricFamily<HistogramChild>>();

  constructor(registry: MeterRegistry) {
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
      family = new MetricFamily(
        this.#registry,
        name,
        () => new HistogramChild(buckets),
        histogramWriter(name, buckets),
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

  #number(name: MetricName): MetricFamily<NumberChild> {
    let family = this.#numbers.get(name);
    if (!family) {
      family = new MetricFamily(
        this.#registry,
        name,
        () => new NumberChild(),
        ({ value }, labels) => `${series(name, labels)} ${write(value)}\n`,
      );
      this.#numbers.set(name, family);
    }
    return family;
  }
}

/** Writes the buckets, each with what is in those below it, and the sum and count. */
function histogramWriter(name: MetricName, bounds: readonly number[]) {
  const heads = [...bounds.map(write), '+Inf'].map((le) => `${name}_bucket{le="${le}"`);
  return ({ counts, sum }: HistogramChild, labels: string): string => {
    const tail = labels === '' ? '} ' : `,${labels}} `;
    let count = 0;
    let text = '';
    for (const [index, head] of heads.entries()) {
      count += counts[index] as number;
      text += `${head}${tail}${count}\n`;
    }
    return `${text}${series(`${name}_sum`, labels)} ${write(sum)}\n${series(`${name}_count`, labels)} ${count}\n`;
  };
}

function series(name: string, labels: string): string {
  return labels === '' ? name : `${name}{${labels}}`;
}

/** A number as Prometheus reads it. */
function write(value: number): string {
  if (value === Number.POSITIVE_INFINITY) return '+Inf';
  return value === Number.NEGATIVE_INFINITY ? '-Inf' : String(value);
}
