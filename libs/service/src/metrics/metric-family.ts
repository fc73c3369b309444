import type { MeterRegistry } from './meter-registry.ts';
import { type MetricName, metricTable } from './metric-table.ts';

/** One metric with a child for each set of label values, which it writes as Prometheus reads it. */
export class MetricFamily<Child> {
  readonly #head: string;
  readonly #labels: readonly string[];
  readonly #registry: MeterRegistry;
  readonly #make: () => Child;
  readonly #write: (child: Child, labels: string) => string;
  readonly #children = new Map<string, { readonly labels: string; readonly child: Child }>();
  /** Brings gauges up to date before they are read. */
  beforeScrape: (() => void) | undefined;

  /** `write` gives the lines of a child, each with its end; `labels` is what stands between the braces, or nothing. */
  constructor(
    registry: MeterRegistry,
    name: MetricName,
    make: () => Child,
    write: (child: Child, labels: string) => string,
  ) {
    const { help, type, labels } = metricTable[name];
    const escaped = help.replaceAll('\\', '\\\\').replaceAll('\n', '\\n');
    this.#head = `# HELP ${name} ${escaped}\n# TYPE ${name} ${type}\n`;
    this.#labels = labels;
    this.#registry = registry;
    this.#make = make;
    this.#write = write;
    if (labels.length === 0) this.child([]);
    registry.add(this);
  }

  child(values: readonly string[]): Child {
    const key = values.join('\0');
    const known = this.#children.get(key);
    if (known) return known.child;
    const labels = this.#registry.write(this.#labels.map((label, index) => [label, values[index] ?? '']));
    const child = this.#make();
    this.#children.set(key, { labels, child });
    return child;
  }

  forget(): void {
    this.#children.clear();
  }

  text(): string {
    this.beforeScrape?.();
    let text = this.#head;
    for (const { labels, child } of this.#children.values()) text += this.#write(child, labels);
    return text;
  }
}
