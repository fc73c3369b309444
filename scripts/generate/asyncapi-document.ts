import { readFileSync } from 'node:fs';
import type { Party } from '@heddle/contracts';
import { stringify } from 'yaml';
import { z } from 'zod';
import { messageDescriptions, parameterDescriptions } from './message-schemas.ts';
import { type ExchangeFacts, exchangeRows, identifier, type QueueFacts, queueRows } from './topology-rows.ts';

const BINDING_VERSION = '0.3.0';
type Json = Record<string, unknown>;

/**
 * The topology as AsyncAPI 3.0 with AMQP bindings: a channel for each exchange and each queue, `send` for each
 * publisher, `receive` for each consumer, the messages' schemas from the very zod schemas that check them.
 */
export function asyncApiDocument(): string {
  const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string };
  const document = {
    asyncapi: '3.0.0',
    info: {
      title: 'Heddle',
      version,
      description:
        'Messages between the services of Heddle and with any AMQP client. Other languages publish jobs to the exchange `heddle.jobs`; see docs/topology.md for the whole picture.',
      license: { name: 'MIT' },
    },
    defaultContentType: 'application/json',
    servers: {
      broker: { host: '127.0.0.1:5672', protocol: 'amqp', protocolVersion: '0.9.1', description: 'RabbitMQ' },
    },
    channels: Object.fromEntries([...exchangeRows.map(exchangeChannel), ...queueRows.map(queueChannel)]),
    operations: Object.fromEntries([
      ...exchangeRows.flatMap((exchange) => exchange.publishers.map((party) => send(exchange, party))),
      ...queueRows.flatMap((queue) => queue.consumers.map((party) => receive(queue, party))),
    ]),
    components: { messages: messages() },
  };
  const head = '# Generated from libs/contracts/src/topology.ts by scripts/generate.mjs. Do not edit.\n';
  return head + stringify(document, { lineWidth: 0, aliasDuplicateObjects: false });
}

function exchangeChannel({ name, type, keys, carries, about }: ExchangeFacts): [string, Json] {
  const [key] = keys;
  const isTemplate = key !== undefined && keys.length === 1 && key.startsWith('<');
  const address = key === undefined ? null : isTemplate ? templated(key) : '{routingKey}';
  const parameters = isTemplate
    ? parametersOf(key)
    : key === undefined
      ? undefined
      : { routingKey: { description: 'The routing key.', ...(!keys.includes('#') && { enum: [...keys] }) } };
  return [
    exchangeId(name),
    {
      address,
      title: name,
      description: about,
      ...(parameters && { parameters }),
      messages: messageReferences(carries),
      bindings: {
        amqp: {
          is: 'routingKey',
          exchange: { name, type, durable: true, autoDelete: false },
          bindingVersion: BINDING_VERSION,
        },
      },
    },
  ];
}

function queueChannel({ name, type, carries, about }: QueueFacts): [string, Json] {
  const isReply = type === 'reply';
  return [
    queueId(name),
    {
      address: templated(name),
      title: name,
      description: about,
      ...(name.includes('<') && { parameters: parametersOf(name) }),
      messages: messageReferences(carries),
      bindings: {
        amqp: {
          is: 'queue',
          queue: { name: templated(name), durable: !isReply, exclusive: isReply, autoDelete: isReply },
          bindingVersion: BINDING_VERSION,
        },
      },
    },
  ];
}

function send({ name, carries }: ExchangeFacts, party: Party): [string, Json] {
  const channel = exchangeId(name);
  const isTransient = carries.every((kind) => kind === 'reply' || kind === 'result' || kind === 'control');
  return [
    `${party}_to_${channel}`,
    {
      action: 'send',
      title: `${party} publishes to ${name}`,
      channel: { $ref: `#/channels/${channel}` },
      bindings: {
        amqp: {
          deliveryMode: isTransient ? 1 : 2,
          mandatory: name === 'heddle.submit',
          bindingVersion: BINDING_VERSION,
        },
      },
    },
  ];
}

function receive({ name }: QueueFacts, party: Party): [string, Json] {
  const channel = queueId(name);
  return [
    `${party}_from_${channel}`,
    {
      action: 'receive',
      title: `${party} consumes from ${name}`,
      channel: { $ref: `#/channels/${channel}` },
      bindings: { amqp: { ack: true, bindingVersion: BINDING_VERSION } },
    },
  ];
}

function messages(): Json {
  return Object.fromEntries(
    Object.entries(messageDescriptions).map(([kind, { payload, headers, ...description }]) => [
      kind,
      {
        name: kind,
        ...description,
        ...(headers && { headers: jsonSchema(headers) }),
        payload: jsonSchema(payload),
        bindings: {
          amqp: {
            messageType: kind === 'job' ? 'the task' : kind,
            bindingVersion: BINDING_VERSION,
          },
        },
      },
    ]),
  );
}

/** JSON Schema of what is sent: draft 7, which AsyncAPI's own schemas extend. */
function jsonSchema(schema: z.ZodType): Json {
  const {
    $schema: _,
    definitions = {},
    ...rest
  } = z.toJSONSchema(schema, { target: 'draft-7', io: 'input' });
  return inlined(rest, definitions as Json) as Json;
}

/** Zod puts schemas that have a name aside; within AsyncAPI their references would point nowhere. */
function inlined(node: unknown, definitions: Json): unknown {
  if (Array.isArray(node)) return node.map((item) => inlined(item, definitions));
  if (typeof node !== 'object' || node === null) return node;
  const { $ref: reference, ...rest } = node as Json;
  const name = typeof reference === 'string' ? reference.slice('#/definitions/'.length) : undefined;
  const whole = name === undefined ? rest : { ...(definitions[name] as Json), ...rest };
  return Object.fromEntries(Object.entries(whole).map(([key, value]) => [key, inlined(value, definitions)]));
}

function messageReferences(kinds: readonly string[]): Json {
  return Object.fromEntries(kinds.map((kind) => [kind, { $ref: `#/components/messages/${kind}` }]));
}

function exchangeId(name: string): string {
  return `exchange_${identifier(name)}`;
}

function queueId(name: string): string {
  return `queue_${identifier(name)}`;
}

function templated(name: string): string {
  return name.replaceAll('<', '{').replaceAll('>', '}');
}

function parametersOf(name: string): Json {
  const names = [...name.matchAll(/<([^>]+)>/g)].map(([, parameter]) => parameter ?? '');
  return Object.fromEntries(
    names.map((parameter) => [parameter, { description: parameterDescriptions[parameter] ?? parameter }]),
  );
}
