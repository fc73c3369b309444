import { createHash } from 'node:crypto';
import { decodeEvents, decodeOutputs, type JobEvent, type ReceivedMessage } from '@heddle/contracts';
import { deadItem, type Item } from './store/record-batch.ts';

/** What a message of `heddle.events.recorder` asks to be written; what cannot be read goes to `heddle.dead`. */
export function readDelivery(message: ReceivedMessage): Item[] {
  return message.routingKey === 'output' ? readOutputs(message) : readEvents(message);
}

function readEvents(message: ReceivedMessage): Item[] {
  const decoded = decodeEvents(message);
  if (!decoded.ok) return [deadItem(message, 'events', decoded.reason)];
  const events = decoded.value;
  // Cheaper than looking into each event, and nearly always enough.
  if (message.body.includes(ESCAPED_NUL) && events.some(hasNul)) {
    return [
      deadItem(
        message,
        'events',
        'events: expected no NUL character in run, worker, tags, error code or body type',
      ),
    ];
  }
  return events.map((event) => ({ kind: 'event', event, message }));
}

const ESCAPED_NUL = '\\u0000';

/** NUL in what is stored as plain text: PostgreSQL refuses it, and SQLite cuts the text off there. */
function hasNul(event: JobEvent): boolean {
  const texts = [event.run];
  if ('worker' in event) texts.push(event.worker);
  if ('error' in event && event.error) texts.push(event.error.code);
  if (event.type === 'accepted') texts.push(...(event.tags ?? []), event.body?.type ?? '');
  return texts.some((text) => text.includes('\0'));
}

function readOutputs(message: ReceivedMessage): Item[] {
  const decoded = decodeOutputs(message);
  if (!decoded.ok) return [deadItem(message, 'output', decoded.reason)];
  for (const output of decoded.value) {
    const sha256 = createHash('sha256').update(output.body).digest('hex');
    if (sha256 === output.sha256) continue;
    const reason = `output "${output.name}": expected bytes with the SHA-256 ${output.sha256}, got ${sha256}`;
    return [deadItem(message, 'output', reason)];
  }
  return decoded.value.map((output) => ({ kind: 'output', output, message }));
}
