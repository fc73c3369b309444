import {
  BATCH_CHUNK_BYTES,
  BATCH_CHUNK_JOBS,
  type ExpansionPlan,
  encodeProducerMessage,
  HeddleError,
  type ProducerMessage,
} from '@heddle/contracts';
import type { OutgoingMessage } from './outbox.ts';

export type Expansion = Extract<ProducerMessage, { first: number }>;

/** Expansion messages for inputs, cut by number and by bytes; the first input has place `first` in the batch. */
export function* expandInputs(
  plan: ExpansionPlan,
  inputs: readonly unknown[],
  first = 0,
): Generator<Extract<Expansion, { type: 'expand-list' }>> {
  let from = 0;
  let bytes = 0;
  for (const [place, input] of inputs.entries()) {
    const more = Buffer.byteLength(JSON.stringify(input ?? null));
    const isFull = place - from === BATCH_CHUNK_JOBS || bytes + more > BATCH_CHUNK_BYTES;
    if (isFull && place > from) {
      yield { type: 'expand-list', plan, first: first + from, inputs: inputs.slice(from, place) };
      from = place;
      bytes = 0;
    }
    bytes += more;
  }
  yield { type: 'expand-list', plan, first: first + from, inputs: inputs.slice(from) };
}

/** Throws `message_too_large` for a single input that leaves no room for its batch's plan. */
export function outgoingExpansion(
  expansion: Expansion | Extract<ProducerMessage, { type: 'list-folder' }>,
  maxMessageBytes: number,
): OutgoingMessage<'heddle.requests'> {
  const first = 'first' in expansion ? expansion.first : 0;
  const place = 'first' in expansion ? first : 'list';
  const message = encodeProducerMessage(expansion, `${expansion.plan.id}/${place}`);
  const bytes = message.body.length;
  if (bytes > maxMessageBytes) {
    throw new HeddleError(
      'message_too_large',
      `expected input ${first} and the batch's options to have at most ${maxMessageBytes} bytes together, got ${bytes}`,
    );
  }
  return { exchange: 'heddle.requests', routingKey: 'production', message, mandatory: true };
}
