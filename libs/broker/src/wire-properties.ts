import type { ReceivedMessage, WireProperties } from '@heddle/contracts';
import type { ConsumeMessage, GetMessage, MessageProperties, Options } from 'amqplib';

/** Our properties as amqplib takes them. AMQP's timestamps are whole seconds. */
export function toPublishOptions(
  properties: WireProperties,
  messageId: string | undefined,
  mandatory: boolean,
): Options.Publish {
  const { timestamp } = properties;
  // amqplib means "absent" by undefined, which its types do not say.
  return {
    contentType: properties.contentType,
    type: properties.type,
    messageId,
    correlationId: properties.correlationId,
    replyTo: properties.replyTo,
    priority: properties.priority,
    timestamp: timestamp === undefined ? undefined : Math.floor(timestamp / 1_000),
    expiration: properties.expiration,
    headers: properties.headers,
    deliveryMode: properties.transient ? 1 : 2,
    mandatory,
  } as Options.Publish;
}

/** A delivery as the rest of Heddle sees it. */
export function toReceivedMessage(message: ConsumeMessage | GetMessage): ReceivedMessage {
  const { fields } = message;
  return {
    body: message.content,
    exchange: fields.exchange,
    routingKey: fields.routingKey,
    redelivered: fields.redelivered,
    properties: toWireProperties(message.properties),
  };
}

function toWireProperties(properties: MessageProperties): WireProperties {
  const timestamp = properties.timestamp as number | undefined;
  return {
    contentType: properties.contentType as string | undefined,
    type: properties.type as string | undefined,
    messageId: properties.messageId as string | undefined,
    correlationId: properties.correlationId as string | undefined,
    replyTo: properties.replyTo as string | undefined,
    priority: properties.priority as number | undefined,
    timestamp: timestamp === undefined ? undefined : timestamp * 1_000,
    expiration: properties.expiration as string | undefined,
    headers: properties.headers,
    transient: properties.deliveryMode !== 2,
  };
}

/** The position of a message that came from a stream. */
export function streamOffsetOf(message: ConsumeMessage): number | undefined {
  const offset: unknown = message.properties.headers?.['x-stream-offset'];
  return typeof offset === 'number' ? offset : undefined;
}
