import { type AmqplibConnection, BODY_FRAME } from './amqplib-connection.ts';

const { type, headBytes, end, endBytes } = BODY_FRAME;
const END = Buffer.of(end);
/** Smaller bodies are left to amqplib, which makes one piece of a frame: what copies cost grows with what they copy. */
const WORTH_SPARING_BYTES = 16_384;

/**
 * Lets large bodies go out as they are, between the heads and ends of their frames. amqplib copies each into a frame that it has
 * filled with zeros before. Whoever publishes leaves the body as it is until it is confirmed.
 */
export function sendBodies(connection: AmqplibConnection): void {
  const sendCopied = connection.sendContent.bind(connection);
  connection.sendContent = (channel, body) => {
    const buffer = connection.channels[channel]?.buffer;
    if (body.length < WORTH_SPARING_BYTES || !buffer) return sendCopied(channel, body);
    const payloadBytes = connection.frameMax - headBytes - endBytes;
    let hasRoom = true;
    for (let at = 0; at < body.length; at += payloadBytes) {
      const payload = body.subarray(at, at + payloadBytes);
      // One element, because other channels' frames go between a channel's elements.
      hasRoom = buffer.write([headOf(channel, payload.length), payload, END]);
    }
    connection.sentSinceLastCheck = true;
    return hasRoom;
  };
  writePieces(connection);
}

function headOf(channel: number, payloadBytes: number): Buffer {
  const head = Buffer.allocUnsafe(headBytes);
  head.writeUInt8(type, 0);
  head.writeUInt16BE(channel, 1);
  head.writeUInt32BE(payloadBytes, 3);
  return head;
}

/** Lets the stream take a frame in pieces. */
function writePieces({ stream }: AmqplibConnection): void {
  const write = stream.write.bind(stream) as (...args: unknown[]) => boolean;
  stream.write = (...args: unknown[]): boolean => {
    const [chunk] = args;
    if (!Array.isArray(chunk)) return write(...args);
    let hasRoom = true;
    for (const piece of chunk) hasRoom = write(piece);
    return hasRoom;
  };
}
