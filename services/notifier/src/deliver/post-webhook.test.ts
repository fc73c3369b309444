import { createServer, type Socket } from 'node:net';
import { Webhook } from 'standardwebhooks';
import { afterEach, describe, expect, test } from 'vitest';
import { answering, type Receiver, startReceiver } from '../../test/receiver.ts';
import { WebhookPoster, webhookGuard } from './post-webhook.ts';
import { webhookSigner } from './sign-webhook.ts';

const LOCAL = webhookGuard(['127.0.0.0/8', '::1/128']);
const closing: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

function poster(guard = LOCAL, limitMs?: number): WebhookPoster {
  const made = new WebhookPoster(guard, limitMs);
  closing.push(() => made.close());
  return made;
}

async function receiver(...start: Parameters<typeof startReceiver>): Promise<Receiver> {
  const started = await startReceiver(...start);
  closing.push(() => started.close());
  return started;
}

describe('a webhook', () => {
  test('is posted with a signature that the receiver can verify, by each secret', async () => {
    const secrets = [1, 2].map((byte) => `whsec_${Buffer.alloc(32, byte).toString('base64')}`);
    const { url, received } = await receiver(answering(204));
    const body = JSON.stringify({ type: 'job.succeeded' });
    const headers = webhookSigner(secrets)('id-1', new Date(), body);
    expect(await poster().post(url, headers, body)).toEqual({ status: 204, retryAfter: undefined });
    const [got] = received;
    expect(got?.headers).toMatchObject({ 'content-type': 'application/json', 'webhook-id': 'id-1' });
    for (const secret of secrets) {
      expect(new Webhook(secret).verify(got?.body ?? '', got?.headers ?? {})).toEqual({
        type: 'job.succeeded',
      });
    }
    const stranger = new Webhook(`whsec_${Buffer.alloc(32, 3).toString('base64')}`);
    expect(() => stranger.verify(got?.body ?? '', got?.headers ?? {})).toThrow();
  });

  test('goes unsigned without a secret', () => {
    expect(webhookSigner([])('id-1', new Date(1_000), '{}')).toEqual({
      'webhook-id': 'id-1',
      'webhook-timestamp': '1',
    });
  });

  test('does not follow a redirect', async () => {
    const { url, received } = await receiver(answering(307));
    expect(await poster().post(url, {}, '{}')).toMatchObject({ status: 307 });
    expect(received).toHaveLength(1);
  });

  test('is answered by the status, however long the rest is', async () => {
    let sent = 0;
    const { url } = await receiver((_request, response) => {
      const chunk = Buffer.alloc(64 * 1024);
      const more = () => {
        while (!response.destroyed && response.write(chunk)) sent += chunk.length;
      };
      response.on('drain', more).on('error', () => {});
      more();
    });
    expect(await poster().post(url, {}, '{}')).toMatchObject({ status: 200 });
    expect(sent).toBeLessThan(50 * 1024 * 1024);
  });

  test('is given up when no answer comes in time', async () => {
    const { url } = await receiver(() => {});
    await expect(poster(LOCAL, 200).post(url, {}, '{}')).rejects.toMatchObject({
      code: 'webhook_failed',
      message: expect.stringContaining('no answer within 200 ms'),
    });
  });

  test('is given up in time too when the headers drip', async () => {
    const sockets = new Set<Socket>();
    const server = createServer((socket) => {
      sockets.add(socket);
      socket.on('error', () => {});
      const drip = setInterval(() => socket.write('x'), 20);
      socket.on('close', () => clearInterval(drip)).write('HTTP/1.1 200 OK\r\nx-slow: ');
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    closing.push(async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    });
    const { port } = server.address() as { port: number };
    await expect(poster(LOCAL, 300).post(`http://127.0.0.1:${port}/`, {}, '{}')).rejects.toMatchObject({
      code: 'webhook_failed',
    });
  });

  test('says so when nobody listens', async () => {
    await expect(poster().post('http://127.0.0.1:1/', {}, '{}')).rejects.toMatchObject({
      code: 'webhook_failed',
      message: expect.stringMatching(/ECONNREFUSED|bad port/),
    });
  });
});

describe('an address that is not allowed', () => {
  test.each(['127.0.0.1', 'localhost'])('is not dialled: %s', async (host) => {
    const { url, received } = await receiver(answering(200));
    const refused = poster(webhookGuard([])).post(url.replace('127.0.0.1', host), {}, '{}');
    await expect(refused).rejects.toMatchObject({ code: 'webhook_refused' });
    expect(received).toEqual([]);
  });

  test('is dialled by its name when it is allowed', async () => {
    const { url } = await receiver(answering(200));
    expect(await poster().post(url.replace('127.0.0.1', 'localhost'), {}, '{}')).toMatchObject({
      status: 200,
    });
  });
});
