/** How a service was while something ran. */
export interface LoopAndCores {
  /** The longest that its event loop kept somebody waiting, in milliseconds. */
  readonly lagMs: number;
  /** Cores that all its threads used, on average. */
  readonly cores: number;
}

/** Asks a service's metrics before and after; the lag is counted from one question to the next. */
export async function watchProcess(opsPort: number, run: () => Promise<unknown>): Promise<LoopAndCores> {
  const before = await readMetrics(opsPort);
  const began = performance.now();
  await run();
  const seconds = (performance.now() - began) / 1_000;
  const after = await readMetrics(opsPort);
  return {
    lagMs: after.lag * 1_000,
    cores: (after.processor - before.processor) / seconds,
  };
}

async function readMetrics(port: number): Promise<{ lag: number; processor: number }> {
  const response = await fetch(`http://127.0.0.1:${port}/metrics`);
  const text = await response.text();
  const value = (name: string) => {
    const figure = new RegExp(`^${name}(?:{[^}]*})? (\\S+)`, 'm').exec(text)?.[1];
    if (figure === undefined) throw new Error(`expected the metric ${name}, got none`);
    return Number(figure);
  };
  return { lag: value('nodejs_eventloop_lag_max_seconds'), processor: value('process_cpu_seconds_total') };
}
