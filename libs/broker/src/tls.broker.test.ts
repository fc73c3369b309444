import { copyFile } from 'node:fs/promises';
import { Executor } from '@heddle/client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type BrokerNode, startBroker } from '../../../test/support/broker.ts';
import {
  type CertificateFiles,
  createAuthority,
  type TestAuthority,
} from '../../../test/support/certificates.ts';
import { idsFrom, openBroker, openProxy, publishJobs, TASK } from '../test/open-broker.ts';
import { connectBroker } from './index.ts';
import type { TlsFiles } from './tls-files.ts';

const queue = `heddle.jobs.${TASK}` as const;

describe('a broker that speaks TLS and asks for certificates', () => {
  let authority: TestAuthority;
  let client: CertificateFiles;
  let node: BrokerNode;
  let url: string;

  beforeAll(async () => {
    authority = await createAuthority();
    client = await authority.issue('client');
    node = await startBroker(await authority.issue('broker'));
    url = node.tlsUrl ?? '';
  });
  afterAll(async () => {
    await node.stop();
    await authority.remove();
  });

  const filesOf = ({ ca, cert, key }: CertificateFiles): TlsFiles => ({
    caFile: ca,
    certFile: cert,
    keyFile: key,
  });
  const connect = (tls: TlsFiles) => {
    const refusals: string[] = [];
    const given = new AbortController();
    const log = {
      debug() {},
      info() {},
      error() {},
      warn: (fields: object) => refusals.push(JSON.stringify(fields)),
    };
    const connecting = connectBroker({
      url,
      tls,
      service: 'test',
      instance: 'tls',
      log,
      signal: given.signal,
    });
    return { refusals, connecting, giveUp: () => given.abort() };
  };

  it('carries jobs both ways, and again after the connection was lost', async () => {
    const vhost = await node.createVhost();
    const proxy = await openProxy(url.replace('amqps:', 'amqp:'));
    const tlsUrl = new URL(proxy.url.replace('amqp:', 'amqps:'));
    tlsUrl.pathname = `/${vhost.name}`;
    const { broker } = await openBroker({ vhost, url: tlsUrl.href, tls: filesOf(client) });
    const got = new Set<string | undefined>();
    await broker.consume(queue, { prefetch: 10 }, (delivery) => {
      got.add(delivery.message.properties.messageId);
      delivery.ack();
    });
    await publishJobs(broker, idsFrom(1, 20));
    await expect.poll(() => got.size).toBe(20);
    proxy.reset();
    await publishJobs(broker, idsFrom(21, 20));
    await expect.poll(() => got.size).toBe(40);
  });

  it('lets an executor in that has the files', async () => {
    const executor = await Executor.connect({ url, tls: filesOf(client) });
    await executor.shutdown();
  });

  it('is not trusted by who does not know its authority', async () => {
    const { refusals, connecting, giveUp } = connect({ certFile: client.cert, keyFile: client.key });
    await expect.poll(() => refusals.join()).toMatch(/certificate/);
    giveUp();
    await expect(connecting).rejects.toMatchObject({ code: 'shutting_down' });
  });

  it('lets nobody in without a certificate, nor with one of another authority, and says so in the log', async () => {
    const stranger = await createAuthority('somebody else');
    const theirs = await stranger.issue('client');
    for (const tls of [{ caFile: authority.ca }, { ...filesOf(theirs), caFile: authority.ca }]) {
      const { refusals, connecting, giveUp } = connect(tls);
      await expect
        .poll(() => refusals.join())
        .toMatch(/certificate required|handshake|alert|closed|ECONNRESET/i);
      giveUp();
      await expect(connecting).rejects.toMatchObject({ code: 'shutting_down' });
    }
    await stranger.remove();
  });

  it('takes a certificate that was put in place while the service kept trying', async () => {
    const stranger = await createAuthority('somebody else');
    const files = await stranger.issue('renewed');
    const { refusals, connecting } = connect({ ...filesOf(files), caFile: authority.ca });
    await expect.poll(() => refusals.length).toBeGreaterThan(0);
    await copyFile(client.key, files.key);
    await copyFile(client.cert, files.cert);
    const broker = await connecting;
    expect(broker.state).toBe('connected');
    await broker.close();
    await stranger.remove();
  });
});
