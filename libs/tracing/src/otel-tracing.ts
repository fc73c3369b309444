import {
  context,
  DiagLogLevel,
  diag,
  type Span,
  type SpanContext,
  SpanKind,
  SpanStatusCode,
  trace,
} from '@opentelemetry/api';
import { OTLPTraceExporter as JsonExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { OTLPTraceExporter as ProtobufExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import {
  defaultResource,
  detectResources,
  envDetector,
  resourceFromAttributes,
} from '@opentelemetry/resources';
import { BatchSpanProcessor, NodeTracerProvider } from '@opentelemetry/sdk-trace-node';
import type { SpanStart, TraceSpan, Tracing, TracingOptions } from './tracing.ts';

const kinds = {
  server: SpanKind.SERVER,
  client: SpanKind.CLIENT,
  producer: SpanKind.PRODUCER,
  consumer: SpanKind.CONSUMER,
  internal: SpanKind.INTERNAL,
};
/** An exporter that fails says so at every try. */
const BETWEEN_COMPLAINTS_MS = 60_000;

/** Samplers, limits, endpoint and headers are read from the environment by the SDK itself. */
export function openTelemetry(options: TracingOptions, env: NodeJS.ProcessEnv): Tracing {
  listenToComplaints(options.onError);
  const protocol = env['OTEL_EXPORTER_OTLP_TRACES_PROTOCOL'] ?? env['OTEL_EXPORTER_OTLP_PROTOCOL'];
  const exporter = protocol === 'http/json' ? new JsonExporter() : new ProtobufExporter();
  const delay = options.delayMs === undefined ? {} : { scheduledDelayMillis: options.delayMs };
  const named = resourceFromAttributes({
    'service.name': options.service,
    'service.namespace': 'heddle',
    ...(options.version !== undefined && { 'service.version': options.version }),
    'process.pid': process.pid,
  });
  const provider = new NodeTracerProvider({
    resource: defaultResource()
      .merge(named)
      .merge(detectResources({ detectors: [envDetector] })),
    spanProcessors: [new BatchSpanProcessor(exporter, delay)],
  });
  // Handlers that use OpenTelemetry's API themselves get the same provider and context.
  provider.register();
  const tracer = provider.getTracer('heddle', options.version);
  return {
    start(name, { kind, parent, attributes = {}, startedAt }: SpanStart) {
      const remote = parent === undefined ? undefined : parseTraceparent(parent);
      const within = remote ? trace.setSpanContext(context.active(), remote) : context.active();
      const settings = {
        kind: kinds[kind],
        attributes: { ...attributes },
        ...(startedAt && { startTime: startedAt }),
      };
      return new OtelSpan(tracer.startSpan(name, settings, within));
    },
    shutdown: () => provider.shutdown(),
  };
}

class OtelSpan implements TraceSpan {
  readonly traceparent: string;
  readonly #span: Span;

  constructor(span: Span) {
    const { traceId, spanId, traceFlags } = span.spanContext();
    this.traceparent = `00-${traceId}-${spanId}-${traceFlags.toString(16).padStart(2, '0')}`;
    this.#span = span;
  }

  rename(name: string): void {
    this.#span.updateName(name);
  }

  set(attributes: Parameters<TraceSpan['set']>[0]): void {
    this.#span.setAttributes({ ...attributes });
  }

  fail(type: string, message: string): void {
    this.#span.setAttribute('error.type', type);
    this.#span.setStatus({ code: SpanStatusCode.ERROR, message });
  }

  run<T>(work: () => T): T {
    return context.with(trace.setSpan(context.active(), this.#span), work);
  }

  end(): void {
    this.#span.end();
  }
}

/** https://www.w3.org/TR/trace-context/#traceparent-header; what is none of that begins a trace of its own. */
function parseTraceparent(text: string): SpanContext | undefined {
  const [, traceId = '', spanId = '', flags = ''] =
    /^(?!ff)[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})/.exec(text) ?? [];
  const parsed = { traceId, spanId, traceFlags: Number.parseInt(flags, 16) & 1, isRemote: true };
  return trace.isSpanContextValid(parsed) ? parsed : undefined;
}

function listenToComplaints(onError: TracingOptions['onError']): void {
  if (!onError) return;
  let quietUntil = 0;
  const tell = (...said: unknown[]): void => {
    if (Date.now() < quietUntil) return;
    quietUntil = Date.now() + BETWEEN_COMPLAINTS_MS;
    onError(said.map(String).join(' '));
  };
  const nothing = () => undefined;
  const logger = { error: tell, warn: tell, info: nothing, debug: nothing, verbose: nothing };
  diag.setLogger(logger, { logLevel: DiagLogLevel.WARN, suppressOverrideMessage: true });
}
