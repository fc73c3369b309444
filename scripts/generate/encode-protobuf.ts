/** The few parts of the protocol buffers' wire format that a small model file is made of: a field's number, its wire type, its value. */
const VARINT = 0;
const LENGTH_DELIMITED = 2;

/** A whole number from 0 to 2^31 - 1. */
export function integer(field: number, value: number): Buffer {
  return Buffer.concat([key(field, VARINT), varint(value)]);
}

export function text(field: number, value: string): Buffer {
  return bytes(field, Buffer.from(value));
}

/** A message inside a message, or bytes. */
export function bytes(field: number, ...parts: readonly Buffer[]): Buffer {
  const body = Buffer.concat(parts);
  return Buffer.concat([key(field, LENGTH_DELIMITED), varint(body.length), body]);
}

function key(field: number, wireType: number): Buffer {
  return varint(field * 8 + wireType);
}

function varint(value: number): Buffer {
  const out: number[] = [];
  let rest = value;
  for (; rest >= 128; rest = Math.floor(rest / 128)) out.push((rest % 128) + 128);
  out.push(rest);
  return Buffer.from(out);
}
