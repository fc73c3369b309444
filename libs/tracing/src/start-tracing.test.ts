import { createRequire } from 'node:module';
import { describe, expect, it } from 'vitest';
import { startTracing, stopTracing } from './start-tracing.ts';
import { traced, tracing } from './tracing.ts';

/** OpenTelemetry's packages are CommonJS: whatever imports them, they are in this cache. Its mere API is loaded by the test runner, too. */
const loaded = (): string[] =>
  Object.keys(createRequire(import.meta.url).cache).filter((file) =>
    file.includes('@opentelemetry/sdk-trace'),
  );

describe('tracing is off', () => {
  it.each([
    ['without a word of it', {}],
    ['when exporters are refused', { OTEL_TRACES_EXPORTER: 'none', OTEL_EXPORTER_OTLP_ENDPOINT: 'http://x' }],
    ['when the SDK is disabled', { OTEL_SDK_DISABLED: 'true', OTEL_TRACES_EXPORTER: 'otlp' }],
    ['when only other parts are configured', { OTEL_SERVICE_NAME: 'x', OTEL_METRICS_EXPORTER: 'otlp' }],
  ])('%s', (_when, env) => {
    expect(startTracing({ service: 'test' }, env)).toBeUndefined();
    expect(tracing()).toBeUndefined();
    expect(loaded()).toEqual([]);
  });

  it('and then work is done as it is, with the trace context that came', async () => {
    const traceparent = '00-11111111111111111111111111111111-2222222222222222-01';
    await expect(traced('work', { kind: 'internal', parent: traceparent }, (given) => given)).resolves.toBe(
      traceparent,
    );
    const refused = traced('work', { kind: 'internal' }, () => Promise.reject(new Error('no')));
    await expect(refused).rejects.toThrow('no');
    await stopTracing(100);
  });
});

it('OpenTelemetry is loaded when the environment asks for it, once', async () => {
  await startTracing({ service: 'test' }, { OTEL_TRACES_EXPORTER: 'otlp' });
  expect(loaded()).not.toEqual([]);
  const active = tracing();
  await startTracing({ service: 'test' }, { OTEL_TRACES_EXPORTER: 'otlp' });
  expect(tracing()).toBe(active);
  await stopTracing(100);
  expect(tracing()).toBeUndefined();
});
