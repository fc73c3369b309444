import type { ErrorCode } from './error.ts';
import type { KindOn } from './exchanges.ts';
import { header, type ReceivedMessage, type WireMessage } from './message.ts';

/** Why a message goes to `heddle.dead`. */
export interface DeadReason {
  readonly code: ErrorCode;
  /** For a person: what was expected and what came. Cut at 1,000 characters. */
  readonly detail: string;
  /** The queue or exchange that it came from. */
  readonly source: string;
}

const MAX_DETAIL_CHARACTERS = 1_000;

/** In bytes of JSON. Frames hold 128 KiB of headers, our AMQP client writes 64, JSON may be half as long as AMQP, and ours come on top. */
const MAX_HEADERS_BYTES = 30 * 1024;

/** Headers by which a broker would send the copy somewhere else, or take it for one that has been here before (RabbitMQ 3.10 then drops it). */
const BROKER_HEADERS =
  /^(cc|bcc|x-death|x-first-death-.*|x-last-death-.*|x-delivery-count|x-acquired-count)$/i;

/**
 * A message as it goes to `heddle.dead`: body and properties as they came, with `heddle-reason` (`<code>: <detail>`) and
 * `heddle-source`. It loses its expiration, because what lies there waits for a person. What would keep it from being
 * published is left out, and the reason says so: a body beyond `maxBytes` bytes, headers beyond 30 KiB.
 */
export function toDeadMessage<Kind extends KindOn<'heddle.dead'>>(
  kind: Kind,
  received: ReceivedMessage,
  reason: DeadReason,
  maxBytes: number,
): WireMessage<Kind> {
  const { body, properties } = received;
  const isCut = body.length > maxBytes;
  const headers = withoutBrokerHeaders(properties.headers);
  const isBulky = Buffer.byteLength(JSON.stringify(headers, bigintAsText)) > MAX_HEADERS_BYTES;
  const notes = [
    isCut ? `; the body was cut from ${body.length} bytes` : '',
    isBulky ? '; its headers were too large and left out' : '',
  ].join('');
  return {
    kind,
    body: isCut ? body.subarray(0, maxBytes) : body,
    properties: {
      ...properties,
      expiration: undefined,
      transient: false,
      headers: {
        ...(!isBulky && headers),
        [header.reason]: `${reason.code}: ${reason.detail.slice(0, MAX_DETAIL_CHARACTERS)}${notes}`,
        [header.source]: reason.source,
      },
    },
  };
}

/** The headers of a message that is published again. */
export function withoutBrokerHeaders(
  headers: Readonly<Record<string, unknown>> | undefined,
): Record<string, unknown> {
  return Object.fromEntries(Object.entries(headers ?? {}).filter(([name]) => !BROKER_HEADERS.test(name)));
}

/** AMQP has 64-bit integers, JSON has not. */
function bigintAsText(_key: string, value: unknown): unknown {
  return typeof value === 'bigint' ? String(value) : value;
}
