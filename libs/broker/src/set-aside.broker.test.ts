import { header, type ReceivedMessage } from '@heddle/contracts';
import { describe, expect, it } from 'vitest';
import { openBroker, openChannel } from '../test/open-broker.ts';
import { setAside } from './index.ts';

const message: ReceivedMessage = {
  body: Buffer.from('{'),
  exchange: 'heddle.jobs',
  routingKey: 'test.work',
  redelivered: false,
  properties: { messageId: 'job-1', contentType: 'application/json' },
};
const reason = { code: 'unreadable_message', detail: 'no JSON', source: 'heddle.jobs.test.work' } as const;

describe('a message that is set aside', () => {
  it('lies in heddle.dead with the reason and where it came from, and the log says so', async () => {
    const { broker, vhost, complaints } = await openBroker();
    await setAside({ publisher: broker.publisher, log: complaining(complaints) }, 'job', message, reason);
    const channel = await openChannel(vhost.url);
    const copy = await channel.get('heddle.dead', { noAck: true });
    if (!copy) throw new Error('expected a copy');
    expect(copy.content).toEqual(message.body);
    expect(copy.properties).toMatchObject({
      messageId: 'job-1',
      headers: { [header.reason]: 'unreadable_message: no JSON', [header.source]: reason.source },
    });
    expect(complaints).toEqual([expect.stringContaining('no JSON')]);
  });

  it('does not vanish because somebody has deleted the queue', async () => {
    const { broker, vhost, complaints } = await openBroker();
    await (await openChannel(vhost.url)).deleteQueue('heddle.dead');
    await expect(
      setAside({ publisher: broker.publisher, log: complaining(complaints) }, 'job', message, reason),
    ).rejects.toMatchObject({ code: 'publish_returned' });
    expect(complaints).toEqual([]);
  });
});

function complaining(complaints: string[]) {
  const complain = (fields: object) => void complaints.push(JSON.stringify(fields));
  return { debug() {}, info() {}, warn: complain, error: complain };
}
