import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';

/** Which way bytes flow. */
export type Direction = 'to-broker' | 'to-client';

/** Stands between a client and its broker and misbehaves as networks do. */
export interface TcpProxy {
  /** The broker's URL, by way of this proxy. */
  readonly url: string;
  /** How many connections have been made through it so far. */
  readonly accepted: number;
  /** Connections that were reset at once because of `refuse`. */
  readonly refused: number;
  /** How many bytes have gone through so far. */
  readonly forwarded: Readonly<Record<Direction, number>>;
  /** Lets nothing through, both ways or one way, on this and every later connection: both ends believe that the other is there. */
  hold(...directions: Direction[]): void;
  /** Lets everything through again, and first what was held back. */
  release(): void;
  /** Resets every connection; what was held back is lost. */
  reset(): void;
  /** Resets each later connection as soon as the broker has sent it this many bytes; `undefined`: no longer. */
  cutAfter(bytes: number | undefined): void;
  /** Whether new connections are reset at once. */
  refuse(refusing: boolean): void;
  /** Forwards at most so many bytes at a time, on each later connection. */
  cutUp(bytes: number): void;
  close(): Promise<void>;
}

/** Starts a proxy on a free port of the loopback interface. */
export async function startTcpProxy(brokerUrl: string): Promise<TcpProxy> {
  const target = new URL(brokerUrl);
  const links = new Set<Link>();
  const held = new Set<Direction>();
  const forwarded = { 'to-broker': 0, 'to-client': 0 };
  let refusing = false;
  let cutAfter: number | undefined;
  let pieceBytes = Number.POSITIVE_INFINITY;
  let accepted = 0;
  let refused = 0;

  const server = createServer((client) => {
    client.on('error', () => {});
    if (refusing) {
      refused++;
      client.resetAndDestroy();
      return;
    }
    accepted++;
    const link = new Link(
      client,
      connect(Number(target.port || 5672), target.hostname),
      (direction, bytes) => {
        forwarded[direction] += bytes;
      },
    );
    link.cutAfter = cutAfter;
    link.pieceBytes = pieceBytes;
    links.add(link);
    link.onClosed = () => links.delete(link);
    for (const direction of held) link.hold(direction);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = new URL(brokerUrl);
  url.hostname = '127.0.0.1';
  url.port = String((server.address() as { port: number }).port);

  return {
    url: url.href,
    get accepted() {
      return accepted;
    },
    get refused() {
      return refused;
    },
    forwarded,
    hold(...directions) {
      for (const direction of directions.length > 0 ? directions : (['to-broker', 'to-client'] as const)) {
        held.add(direction);
        for (const link of links) link.hold(direction);
      }
    },
    release() {
      held.clear();
      for (const link of links) link.release();
    },
    reset() {
      for (const link of links) link.reset();
    },
    cutAfter(bytes) {
      cutAfter = bytes;
    },
    cutUp(bytes) {
      pieceBytes = bytes;
    },
    refuse(now) {
      refusing = now;
    },
    async close() {
      for (const link of links) link.reset();
      server.close();
      await once(server, 'close');
    },
  };
}

/** One connection through the proxy. */
class Link {
  onClosed: () => void = () => {};
  cutAfter: number | undefined;
  pieceBytes = Number.POSITIVE_INFINITY;
  readonly #sources: Record<Direction, Socket>;
  #isHeld = false;

  constructor(client: Socket, broker: Socket, onForwarded: (direction: Direction, bytes: number) => void) {
    this.#sources = { 'to-broker': client, 'to-client': broker };
    client.setNoDelay(true);
    broker.setNoDelay(true);
    this.#forward(client, broker, (bytes) => onForwarded('to-broker', bytes));
    let sent = 0;
    this.#forward(broker, client, (bytes) => {
      onForwarded('to-client', bytes);
      sent += bytes;
      if (this.cutAfter !== undefined && sent >= this.cutAfter) this.reset();
    });
  }

  hold(direction: Direction): void {
    this.#isHeld = true;
    this.#sources[direction].pause();
  }

  release(): void {
    this.#isHeld = false;
    for (const socket of Object.values(this.#sources)) socket.resume();
  }

  reset(): void {
    this.#isHeld = false;
    for (const socket of Object.values(this.#sources)) socket.resetAndDestroy();
  }

  #forward(from: Socket, to: Socket, onBytes: (bytes: number) => void): void {
    from.on('error', () => {});
    from.on('data', (chunk: Buffer) => {
      onBytes(chunk.length);
      for (let at = 0; at < chunk.length && !to.destroyed; at += this.pieceBytes) {
        to.write(chunk.subarray(at, at + this.pieceBytes));
      }
    });
    // While it is held, neither end learns what has become of the other.
    from.on('close', () => {
      if (!this.#isHeld) to.destroy();
      if (this.#sources['to-broker'].destroyed && this.#sources['to-client'].destroyed) this.onClosed();
    });
  }
}
