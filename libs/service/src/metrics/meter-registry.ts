import { Registry } from 'prom-client';

/** What puts itself into Prometheus' text. */
export interface TextSource {
  text(): string;
}

/** prom-client's registry, for Node's own metrics, and beside them ours, whose text is made by pieces that are kept. */
export class MeterRegistry extends Registry {
  readonly #sources: TextSource[] = [];
  readonly #everywhere: Readonly<Record<string, string>>;

  /** `everywhere`: labels that every series carries. */
  constructor(everywhere: Readonly<Record<string, string>> = {}) {
    super();
    this.setDefaultLabels(everywhere);
    this.#everywhere = everywhere;
  }

  add(source: TextSource): void {
    this.#sources.push(source);
  }

  /** Labels as they stand between the braces of a series, those of every series at the end. */
  write(labels: readonly (readonly [name: string, value: string])[]): string {
    return [...labels, ...Object.entries(this.#everywhere)]
      .map(([name, value]) => `${name}="${escapeValue(value)}"`)
      .join(',');
  }

  override async metrics(): Promise<string> {
    const ours = this.#sources.map((source) => source.text());
    return [await super.metrics(), ...ours].join('\n');
  }
}

function escapeValue(value: string): string {
  return value.replaceAll('\\', '\\\\').replaceAll('\n', '\\n').replaceAll('"', '\\"');
}
