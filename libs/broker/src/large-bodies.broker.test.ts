import { createHash, randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { job, openBroker, openProxy, openVhost, TASK } from '../test/open-broker.ts';
import type { Broker } from './index.ts';

const queue = `heddle.jobs.${TASK}` as const;
/** What RabbitMQ allows a frame to hold. */
const PAYLOAD = 131_072 - 8;
/** Around what is sent as it is, and around one, two and many frames. */
const SIZES = [1, 16_383, 16_384, PAYLOAD - 1, PAYLOAD, PAYLOAD + 1, 2 * PAYLOAD, 2 * PAYLOAD + 1, 3_000_000];

/** Publishes all bodies at once, and gives the digests of what comes of them, by id. */
async function carry(broker: Broker, bodies: ReadonlyMap<string, Buffer>): Promise<Map<string, string>> {
  const come = new Map<string, string>();
  await broker.consume(queue, { prefetch: bodies.size }, (delivery) => {
    come.set(delivery.message.properties.messageId ?? '', digestOf(delivery.message.body));
    delivery.ack();
  });
  await Promise.all(
    [...bodies].map(([id, body]) => broker.publisher.publish('heddle.submit', TASK, { ...job(id), body })),
  );
  await expect.poll(() => come.size).toBe(bodies.size);
  return come;
}

function digestOf(body: Buffer): string {
  return createHash('sha256').update(body).digest('hex');
}

function digestsOf(bodies: ReadonlyMap<string, Buffer>): Map<string, string> {
  return new Map([...bodies].map(([id, body]) => [id, digestOf(body)]));
}

/** Three of each size, small ones between large ones. */
function someBodies(): Map<string, Buffer> {
  const sizes = [...SIZES, ...SIZES.toReversed(), ...SIZES];
  return new Map(sizes.map((size, index) => [`${index}-${size}`, randomBytes(size)]));
}

describe('large bodies', () => {
  it('come as they were sent, whatever their size', async () => {
    const { broker, complaints } = await openBroker();
    const bodies = someBodies();
    expect(await carry(broker, bodies)).toEqual(digestsOf(bodies));
    expect(complaints).toEqual([]);
  });

  it.each([1_009, 131_072, 131_080])(
    'come as they were sent, through a network that carries %i bytes at a time',
    async (bytes) => {
      const vhost = await openVhost();
      const proxy = await openProxy(vhost.url);
      proxy.cutUp(bytes);
      const { broker, complaints } = await openBroker({ vhost, url: proxy.url });
      const bodies = someBodies();
      expect(await carry(broker, bodies)).toEqual(digestsOf(bodies));
      expect(complaints).toEqual([]);
    },
  );
});
