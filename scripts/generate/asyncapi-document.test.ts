import { readFileSync } from 'node:fs';
import { Parser } from '@asyncapi/parser';
import { exchanges, queues } from '@heddle/contracts';
import { beforeAll, describe, expect, test } from 'vitest';

type Parsed = NonNullable<Awaited<ReturnType<Parser['parse']>>['document']>;

describe('docs/asyncapi.yaml', () => {
  let document: Parsed;

  beforeAll(async () => {
    const text = readFileSync(new URL('../../docs/asyncapi.yaml', import.meta.url), 'utf8');
    const parsed = await new Parser().parse(text);
    const errors = parsed.diagnostics.filter(({ severity }: { severity: number }) => severity === 0);
    expect(errors.map(({ message, path }) => `${path.join('.')}: ${message}`)).toEqual([]);
    if (!parsed.document) throw new Error('expected a document, got none');
    document = parsed.document;
    // A large document, and the parser is slow on a busy machine.
  }, 120_000);

  test('is AsyncAPI 3.0 without an error', () => {
    expect(document.version()).toBe('3.0.0');
  });

  test('describes every exchange and every queue', () => {
    const names = document
      .allChannels()
      .all()
      .map((channel) => channel.json<{ title: string }>().title);
    expect(names.toSorted()).toEqual([...Object.keys(exchanges), ...Object.keys(queues)].toSorted());
  });

  test('says of each channel which exchange or queue of AMQP it is', () => {
    for (const channel of document.allChannels().all()) {
      const binding = channel.bindings().get('amqp');
      expect(binding?.version(), channel.id()).toBe('0.3.0');
      expect(['routingKey', 'queue']).toContain(binding?.value<{ is: string }>().is);
    }
  });

  test('names who sends and who receives', () => {
    const sends = document
      .allOperations()
      .all()
      .filter((operation) => operation.isSend());
    const publishers = Object.values(exchanges).flatMap((exchange) => [...exchange.publishers]);
    expect(sends).toHaveLength(publishers.length);
    const receives = document
      .allOperations()
      .all()
      .filter((operation) => operation.isReceive());
    const consumers = Object.values(queues).flatMap((queue) => [...queue.consumers]);
    expect(receives).toHaveLength(consumers.length);
  });

  test('has a schema for each kind of message', () => {
    const kinds = new Set(Object.values(exchanges).flatMap(({ carries }) => [...carries]));
    const described = document
      .components()
      .messages()
      .all()
      .map((message) => message.id());
    expect(new Set(described)).toEqual(kinds);
    for (const message of document.components().messages().all()) {
      expect(message.hasPayload(), message.id()).toBe(true);
    }
  });
});
