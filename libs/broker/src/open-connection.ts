import { type ChannelModel, connect, type SocketOptions } from 'amqplib';
import { connectionOf } from './amqplib-connection.ts';
import { gatherWrites } from './gather-writes.ts';
import { receiveBodies } from './receive-bodies.ts';
import { sendBodies } from './send-bodies.ts';
import { readTlsFiles, type TlsFiles } from './tls-files.ts';

/** How long connecting may take, from the first packet to the end of AMQP's handshake. */
const CONNECT_MS = 10_000;
/** How long a closed connection may take to say its last words, before its socket is destroyed. */
const LAST_WORDS_MS = 1_000;

export interface ConnectionSettings {
  readonly url: string;
  /** Shown in the broker's console. */
  readonly name: string;
  readonly heartbeatSeconds: number;
  /** For `amqps://`. */
  readonly tls?: TlsFiles | undefined;
}

/** A connection with its listeners bound. */
export interface OpenConnection {
  readonly model: ChannelModel;
  /** Resolves when it has ended, for whatever reason, with that reason. */
  readonly ended: Promise<string>;
  /** Closes it as AMQP does; what takes too long is cut off. */
  close(timeoutMs: number): Promise<void>;
  /** Cuts it off. */
  destroy(): void;
}

/** Connects. Rejects when that fails, takes longer than ten seconds, or is aborted. */
export async function openConnection(
  settings: ConnectionSettings,
  signal: AbortSignal,
): Promise<OpenConnection> {
  // Aborting the socket is the one way to be rid of a connection whose other side is frozen: amqplib only ends it
  // politely, and would wait for the farewell for as long as the process lives.
  const socket = new AbortController();
  const cutOff = AbortSignal.any([signal, AbortSignal.timeout(CONNECT_MS)]);
  const onCutOff = (): void => socket.abort(cutOff.reason);
  cutOff.addEventListener('abort', onCutOff);
  try {
    signal.throwIfAborted();
    const aborted = new Promise<never>((_, reject) => {
      socket.signal.addEventListener('abort', () =>
        reject(new Error(`cannot connect within ${CONNECT_MS} ms`)),
      );
    });
    aborted.catch(() => {});
    const connecting = connect(withHeartbeat(settings), {
      ...(await readTlsFiles(settings.tls ?? {})),
      noDelay: true,
      timeout: CONNECT_MS,
      clientProperties: { connection_name: settings.name, product: 'heddle' },
      signal: socket.signal,
    } as SocketOptions);
    const model = await Promise.race([connecting, aborted]);
    const connection = connectionOf(model);
    gatherWrites(connection.stream);
    receiveBodies(connection);
    sendBodies(connection);
    return bindListeners(model, socket);
  } finally {
    cutOff.removeEventListener('abort', onCutOff);
  }
}

/** Binds what amqplib needs bound, before anything else can happen on the connection. */
function bindListeners(model: ChannelModel, socket: AbortController): OpenConnection {
  let reason: string | undefined;
  model.on('error', (error) => (reason ??= error.message));
  model.on('handler-error', () => {});
  const ended = new Promise<string>((resolve) => {
    model.on('close', (error) => {
      setTimeout(() => socket.abort(), LAST_WORDS_MS).unref();
      resolve(reason ?? error?.message ?? 'closed');
    });
  });
  return {
    model,
    ended,
    destroy: () => socket.abort(),
    async close(timeoutMs) {
      const timer = setTimeout(() => socket.abort(), timeoutMs);
      await Promise.race([model.close().catch(() => {}), ended]);
      clearTimeout(timer);
    },
  };
}

/** amqplib reads the heartbeat from the URL; one that stands there already is the user's wish. */
function withHeartbeat({ url, heartbeatSeconds }: ConnectionSettings): string {
  const parsed = new URL(url);
  if (!parsed.searchParams.has('heartbeat')) parsed.searchParams.set('heartbeat', String(heartbeatSeconds));
  return parsed.href;
}

/** The broker's version, as it said when the connection was opened. */
export function versionOf(connection: ChannelModel): string {
  return connection.connection.serverProperties.version;
}
