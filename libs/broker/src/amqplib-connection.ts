import type { Duplex, Writable } from 'node:stream';
import type { ChannelModel } from 'amqplib';

/**
 * What amqplib's connection has beyond its types, as far as this library changes how bytes come and go. Nothing of it is
 * hidden; an amqplib in which it has another name fails at the first connection.
 */
export interface AmqplibConnection {
  readonly stream: Duplex;
  /** What has been read and not been parsed. */
  rest: Buffer;
  /** Set by each read, cleared by each look of the heartbeat. */
  recvSinceLastCheck: boolean;
  /** As with reads. */
  sentSinceLastCheck: boolean;
  /** Bytes of a frame at most, its 8 of overhead included. */
  readonly frameMax: number;
  /** Bytes of a payload above which a frame is refused; 0: none. */
  readonly maxFrameSize: number;
  /** By number; `buffer` takes what its connection writes as it is, one element after the other, by turns with other channels. */
  readonly channels: readonly ({ readonly buffer: Writable } | null)[];
  /** The next frame, or false when more has to come first. Throws what ends the connection. */
  recvFrame: () => object | false;
  /** Writes the frames of a body; false: enough for now. */
  sendContent: (channel: number, body: Buffer) => boolean;
}

/** The connection below its channels. */
export function connectionOf(model: ChannelModel): AmqplibConnection {
  return model.connection as unknown as AmqplibConnection;
}

/** The frame of a body, by AMQP 0-9-1, section 2.3.5: type, channel, size of the payload; the payload; and an octet. */
export const BODY_FRAME = { type: 3, headBytes: 7, end: 206, endBytes: 1 } as const;
