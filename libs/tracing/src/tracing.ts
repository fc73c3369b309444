export type Attributes = Readonly<Record<string, string | number | boolean | undefined>>;

export interface SpanStart {
  readonly kind: 'server' | 'client' | 'producer' | 'consumer' | 'internal';
  /** W3C trace context of the span that caused this one; absent: the one that is active here, or else a trace of its own. */
  readonly parent?: string | undefined;
  readonly attributes?: Attributes | undefined;
  /** Milliseconds since the epoch; default: now. */
  readonly startedAt?: number | undefined;
}

/** A step of a trace, while it is under way. */
export interface TraceSpan {
  /** W3C trace context of this span: what is caused by it gets this as its parent. */
  readonly traceparent: string;
  rename(name: string): void;
  set(attributes: Attributes): void;
  /** Marks it as failed; `type` is a code, such as `timed_out`. */
  fail(type: string, message: string): void;
  /** Does work with this span as the active one, so that a handler's own spans become its children. */
  run<T>(work: () => T): T;
  end(): void;
}

export interface TracingOptions {
  /** Of the process, if `OTEL_SERVICE_NAME` does not name it otherwise. */
  readonly service: string;
  readonly version?: string;
  /** Milliseconds that ended spans wait to be exported together; default: `OTEL_BSP_SCHEDULE_DELAY`, else 5 s. */
  readonly delayMs?: number;
  /** Told when spans cannot be exported. */
  readonly onError?: (reason: string) => void;
}

export interface Tracing {
  start(name: string, span: SpanStart): TraceSpan;
  /** Exports what has ended so far, and no more after that. */
  shutdown(): Promise<void>;
}

let active: Tracing | undefined;

/** Undefined unless tracing is on: whoever asks pays for nothing else. */
export function tracing(): Tracing | undefined {
  return active;
}

export function setTracing(one: Tracing | undefined): void {
  active = one;
}

/** Does work as a span of its own if tracing is on, and tells it what to hand on: the span's trace context, or `span.parent`. */
export async function traced<T>(
  name: string,
  span: SpanStart,
  work: (traceparent: string | undefined) => T,
): Promise<Awaited<T>> {
  const started = active?.start(name, span);
  if (!started) return await work(span.parent);
  try {
    return await started.run(() => work(started.traceparent));
  } catch (error) {
    const { code, message } = error as { code?: unknown; message?: unknown };
    started.fail(typeof code === 'string' ? code : '_OTHER', String(message));
    throw error;
  } finally {
    started.end();
  }
}
