export { messageAttributes, type TracedMessage } from './message-attributes.ts';
export { startTracing, stopTracing } from './start-tracing.ts';
export { type Attributes, type SpanStart, type TraceSpan, type Tracing, traced, tracing } from './tracing.ts';
