import type { Attributes } from './tracing.ts';

export interface TracedMessage {
  readonly type: 'send' | 'process';
  /** What is done, such as `publish` or `record`. */
  readonly operation: string;
  /** The queue; of what is sent: exchange and routing key, as `heddle.submit:debug.echo`. */
  readonly destination: string;
  readonly routingKey?: string;
  readonly id?: string;
  readonly correlationId?: string | undefined;
  /** Of messages that are handled together. */
  readonly count?: number;
}

/** How OpenTelemetry's conventions for messaging name it. */
export function messageAttributes(message: TracedMessage): Attributes {
  return {
    'messaging.system': 'rabbitmq',
    'messaging.operation.type': message.type,
    'messaging.operation.name': message.operation,
    'messaging.destination.name': message.destination,
    'messaging.rabbitmq.destination.routing_key': message.routingKey,
    'messaging.message.id': message.id,
    'messaging.message.conversation_id': message.correlationId,
    'messaging.batch.message_count': message.count,
  };
}
