import { createSocket } from 'node:dgram';

/** Addresses for a name, IPv4 only; undefined: no answer at all; empty: there is no such name. `asked` counts from 1. */
export type Zone = (name: string, asked: number) => readonly string[] | undefined;

const TYPE_A = 1;

/** A name server on a port of its own that answers as the test says. */
export async function startNameServer(
  zone: Zone,
): Promise<{ address: string; asked: string[]; close(): Promise<void> }> {
  const socket = createSocket('udp4');
  const asked: string[] = [];
  socket.on('message', (query, from) => {
    const { name, type, end } = readQuestion(query);
    if (type === TYPE_A) asked.push(name);
    const addresses = type === TYPE_A ? zone(name, asked.filter((other) => other === name).length) : [];
    if (addresses)
      socket.send(answer(query.subarray(0, end), addresses, type !== TYPE_A), from.port, from.address);
  });
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
  return {
    address: `127.0.0.1:${socket.address().port}`,
    asked,
    close: () => new Promise((resolve) => socket.close(() => resolve())),
  };
}

function readQuestion(query: Buffer): { name: string; type: number; end: number } {
  const labels: string[] = [];
  let at = 12;
  for (let length = query.readUInt8(at); length > 0; length = query.readUInt8(at)) {
    labels.push(query.toString('ascii', at + 1, at + 1 + length));
    at += 1 + length;
  }
  return { name: labels.join('.'), type: query.readUInt16BE(at + 1), end: at + 5 };
}

/** The question again, then an address each with no time to live. */
function answer(question: Buffer, addresses: readonly string[], exists: boolean): Buffer {
  const header = Buffer.from(question);
  header.writeUInt16BE(addresses.length > 0 || exists ? 0x8180 : 0x8183, 2);
  header.writeUInt16BE(addresses.length, 6);
  header.writeUInt32BE(0, 8);
  const records = addresses.map((address) =>
    Buffer.from([0xc0, 0x0c, 0, TYPE_A, 0, 1, 0, 0, 0, 0, 0, 4, ...address.split('.').map(Number)]),
  );
  return Buffer.concat([header, ...records]);
}
