import type { Consumer, Delivery } from '@heddle/broker';
import { encodeToken, type ReceivedMessage, type WireMessage } from '@heddle/contracts';
import { expect, it } from 'vitest';
import { holdDelivery } from '../../test/held-delivery.ts';
import { recordingWorker } from '../../test/recording-worker.ts';
import { TokenIssuer } from './issue-tokens.ts';

it('counts no entry twice that comes again after a lost connection, also behind a mark that was left behind', async () => {
  const worker = recordingWorker();
  const consumed: string[] = [];
  let deliver: (delivery: Delivery) => void = () => undefined;
  const consumer = { close: () => Promise.resolve() } as Consumer;
  let isDone = false;
  const issuer = new TokenIssuer({
    broker: {
      publisher: worker.publisher,
      publishOnce: () => Promise.reject(new Error('no token is missing')),
      consume: (queue, _options, onDelivery) => {
        consumed.push(queue);
        deliver = onDelivery;
        return Promise.resolve(consumer);
      },
    },
    limit: { name: 'x', count: 2 },
    log: worker.log,
    ifNone: false,
    onDone: () => (isDone = true),
  });
  await issuer.start();
  const [wish] = worker.publishedTo('heddle.tokens') as [WireMessage];
  const token = encodeToken({ type: 'token' });
  const marks = () => worker.publishedTo('heddle.tokens').slice(1);
  const come = (message: WireMessage) => {
    const delivery = holdDelivery({ ...message, routingKey: '', exchange: '' } as unknown as ReceivedMessage);
    deliver(delivery);
    return delivery;
  };
  come(encodeToken({ type: 'mark', by: 'somebody who went' }));
  const before = [token, token, wish].map(come);
  for (const delivery of before) delivery.lost = true;
  const after = [token, token, wish].map(come);
  for (const mark of marks()) come(mark);
  await expect.poll(() => isDone).toBe(true);
  // It has collected none: what was taken out of use would be missed by everybody.
  expect(consumed).toEqual(['heddle.ledger.x']);
  expect(after.map(({ settled }) => settled)).toEqual([undefined, undefined, 'acked']);
});
