import { HeddleError } from '@heddle/contracts';
import { messageOf } from './amqp-error.ts';
import type { Outgoing } from './outgoing.ts';

/** What the publisher's channel is up to. */
export interface ChannelState {
  readonly isConnected: boolean;
  /** Why the broker takes no messages, if it does not. */
  readonly blocked: string | undefined;
}

/** Why a publish that does not want to wait cannot be served at once. */
export function notNow({ isConnected, blocked }: ChannelState): HeddleError | undefined {
  if (!isConnected) return new HeddleError('broker_unavailable', 'there is no connection to the broker');
  if (blocked !== undefined) return isBlocked(blocked);
  return undefined;
}

export function isBlocked(reason: string): HeddleError {
  return new HeddleError('broker_blocked', `the broker takes no messages: ${reason}`);
}

export function connectionLost(reason: string): HeddleError {
  return new HeddleError('broker_unavailable', `the connection to the broker was lost: ${reason}`);
}

export function tooLarge(exchange: string, maxBytes: number, bytes: number): HeddleError {
  const text = `expected a body of at most ${maxBytes} bytes for ${exchange}, got ${bytes}`;
  return new HeddleError('message_too_large', text);
}

export function lineIsFull(messages: number, bytes: number): HeddleError {
  return new HeddleError('overloaded', `${messages} messages of ${bytes} bytes wait for the broker already`);
}

/** amqplib has 64 KiB of room to encode headers in, and throws a RangeError when that is not enough. */
export function cannotBeEncoded({ exchange }: Outgoing, error: unknown): HeddleError {
  const code = error instanceof RangeError ? 'message_too_large' : 'internal_error';
  const text = `a message for ${exchange} cannot be encoded: ${messageOf(error)}`;
  return new HeddleError(code, text, { cause: error });
}

export function nacked({ exchange }: Outgoing): HeddleError {
  return new HeddleError('publish_nacked', `the broker refused a message for ${exchange}`);
}

/** The broker closed the channel because of it. */
export function closedTheChannel({ exchange }: Outgoing, error: Error): HeddleError {
  const text = `the broker refused a message for ${exchange}: ${error.message}`;
  return new HeddleError('publish_nacked', text, { cause: error });
}

export function returned({ exchange, routingKey }: Outgoing, reply: string): HeddleError {
  return new HeddleError(
    'publish_returned',
    `no queue is bound to ${exchange} for "${routingKey}" (${reply})`,
  );
}

/** Says what it was waiting for when its deadline passed. */
export function timedOut(outgoing: Outgoing, { isConnected, blocked }: ChannelState): HeddleError {
  const late = `a message for ${outgoing.exchange} reached its deadline`;
  if (!isConnected)
    return new HeddleError('broker_unavailable', `${late} without a connection to the broker`);
  if (blocked !== undefined)
    return new HeddleError('broker_blocked', `${late}; the broker is blocked: ${blocked}`);
  if (outgoing.sent) return new HeddleError('confirm_timeout', `${late} unconfirmed`);
  return new HeddleError('overloaded', `${late} while it waited in line`);
}
