import { setTracing, type TracingOptions, tracing } from './tracing.ts';

let starting: Promise<void> | undefined;

/**
 * Turns tracing on if the environment says so: `OTEL_TRACES_EXPORTER=otlp`, or an endpoint of OTLP; and neither
 * `OTEL_TRACES_EXPORTER=none` nor `OTEL_SDK_DISABLED=true`. Only then OpenTelemetry is loaded. Asked again, it does nothing more.
 */
export function startTracing(options: TracingOptions, env = process.env): Promise<void> | undefined {
  if (!isOn(env)) return undefined;
  starting ??= import('./otel-tracing.ts').then(({ openTelemetry }) =>
    setTracing(openTelemetry(options, env)),
  );
  return starting;
}

/** Exports what is left, for at most so many milliseconds. */
export async function stopTracing(limitMs: number): Promise<void> {
  const active = tracing();
  if (!active) return;
  setTracing(undefined);
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, limitMs);
  });
  await Promise.race([active.shutdown().catch(() => undefined), limit]);
  clearTimeout(timer);
}

function isOn(env: NodeJS.ProcessEnv): boolean {
  const exporter = env['OTEL_TRACES_EXPORTER'];
  if (exporter === 'none' || env['OTEL_SDK_DISABLED'] === 'true') return false;
  return Boolean(exporter || env['OTEL_EXPORTER_OTLP_TRACES_ENDPOINT'] || env['OTEL_EXPORTER_OTLP_ENDPOINT']);
}
