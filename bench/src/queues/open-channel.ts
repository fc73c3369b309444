import { type ChannelModel, type ConfirmChannel, connect } from 'amqplib';
import type { CleanUp } from '../harness/clean-up.ts';

/** A plain amqplib connection for references and for setting up; closed at the end when a clean-up is given. */
export async function openConnection(amqpUrl: string, cleanUp?: CleanUp): Promise<ChannelModel> {
  const connection = await connect(amqpUrl, {
    noDelay: true,
    timeout: 10_000,
    clientProperties: { connection_name: 'bench' },
  });
  // Without a listener an error would end the process before it could clean up; whoever uses the connection fails anyway.
  connection.on('error', () => undefined);
  cleanUp?.add('close a connection', () => connection.close());
  return connection;
}

export async function openChannel(amqpUrl: string, cleanUp?: CleanUp): Promise<ConfirmChannel> {
  const channel = await (await openConnection(amqpUrl, cleanUp)).createConfirmChannel();
  channel.on('error', () => undefined);
  return channel;
}

/** Such as `3.10.8`. */
export async function brokerVersion(amqpUrl: string): Promise<string> {
  const connection = await openConnection(amqpUrl);
  const { version } = connection.connection.serverProperties;
  await connection.close();
  return version;
}
