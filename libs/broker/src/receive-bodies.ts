import { type AmqplibConnection, BODY_FRAME } from './amqplib-connection.ts';

const NOTHING = Buffer.alloc(0);

/**
 * Lets the frames of large bodies be taken in pieces, as they come. amqplib copies all that it has of a frame each time more of
 * it comes, and the whole once more at the end: a photo was copied two to three times on its way in. The end, where the pieces
 * become one body, is left.
 */
export function receiveBodies(connection: AmqplibConnection): void {
  const receiveFrame = connection.recvFrame.bind(connection);
  let channel = 0;
  /** Of the frame that is under way, its end included; 0: none is. */
  let missingBytes = 0;

  connection.recvFrame = () => {
    for (;;) {
      if (connection.rest.length === 0 && !readMore(connection)) return false;
      if (missingBytes === 0) {
        const payloadBytes = sizeOfCutBody(connection);
        if (payloadBytes === undefined) return receiveFrame();
        channel = connection.rest.readUInt16BE(1);
        missingBytes = payloadBytes + BODY_FRAME.endBytes;
        take(connection, BODY_FRAME.headBytes);
        continue;
      }
      let content = take(connection, missingBytes);
      missingBytes -= content.length;
      if (missingBytes === 0) {
        if (content.at(-1) !== BODY_FRAME.end) throw new Error('Invalid frame');
        content = content.subarray(0, -1);
      }
      // The frame's end may come alone.
      if (content.length > 0) return { channel, content };
    }
  };
}

/** Whether anything has come. */
function readMore(connection: AmqplibConnection): boolean {
  const incoming = connection.stream.read() as Buffer | null;
  if (incoming === null) return false;
  connection.recvSinceLastCheck = true;
  connection.rest = incoming;
  return true;
}

/** The bytes of the payload, if what is there is the beginning of a body's frame and not all of it. */
function sizeOfCutBody({ rest, maxFrameSize }: AmqplibConnection): number | undefined {
  const { type, headBytes, endBytes } = BODY_FRAME;
  if (rest[0] !== type || rest.length <= headBytes) return undefined;
  const payloadBytes = rest.readUInt32BE(3);
  if (rest.length >= headBytes + payloadBytes + endBytes) return undefined;
  // A frame that is too large is refused by amqplib.
  return maxFrameSize > 0 && payloadBytes > maxFrameSize ? undefined : payloadBytes;
}

/** The first bytes of what is there, no more than these. */
function take(connection: AmqplibConnection, bytes: number): Buffer {
  const { rest } = connection;
  if (rest.length <= bytes) {
    connection.rest = NOTHING;
    return rest;
  }
  connection.rest = rest.subarray(bytes);
  return rest.subarray(0, bytes);
}
