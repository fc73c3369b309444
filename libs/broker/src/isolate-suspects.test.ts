import { HeddleError } from '@heddle/contracts';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { Suspects } from './isolate-suspects.ts';
import { Outgoing } from './outgoing.ts';

function outgoing(routingKey: string): Outgoing {
  const message = {
    exchange: 'heddle.dead',
    routingKey,
    body: Buffer.from('x'),
    options: {},
    deadline: 0,
    failFast: false,
  };
  return new Outgoing(
    message,
    () => {},
    () => {},
  );
}

/** Publishes as the publisher does, to a broker that closes the channel on each message called `bad`. */
function run(messages: Outgoing[], window: number) {
  const suspects = new Suspects();
  const blamed: Outgoing[] = [];
  const delivered: Outgoing[] = [];
  const line = [...messages];
  let closes = 0;
  while (line.length > 0) {
    const inFlight = line.splice(0, suspects.limit ?? window);
    const bad = inFlight.findIndex(({ routingKey }) => routingKey === 'bad');
    const confirmed = bad < 0 ? inFlight : [];
    for (const one of confirmed) if (one.suspect) suspects.acquit();
    delivered.push(...confirmed);
    if (bad < 0) continue;
    closes++;
    const culprit = suspects.narrow(inFlight);
    if (culprit) {
      blamed.push(culprit);
      culprit.reject(new HeddleError('publish_nacked', 'bad'));
      suspects.acquit();
    }
    line.unshift(...inFlight.filter((one) => one !== culprit));
  }
  return { blamed, delivered, closes, limit: suspects.limit };
}

it('finds the one message that closes the channel, lets its neighbours through, and forgets the matter', () => {
  const messages = Array.from({ length: 1_000 }, (_, i) => outgoing(i === 617 ? 'bad' : 'good'));
  const { blamed, delivered, closes, limit } = run(messages, 2_000);
  expect(blamed).toEqual([messages[617]]);
  expect(delivered).toHaveLength(999);
  expect(closes).toBeLessThan(15);
  expect(limit).toBeUndefined();
});

it('finds any number of them', () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom('good', 'good', 'good', 'bad'), { maxLength: 60 }), (keys) => {
      const messages = keys.map(outgoing);
      const { blamed, delivered, limit } = run(messages, 16);
      expect(blamed).toEqual(messages.filter(({ routingKey }) => routingKey === 'bad'));
      expect(delivered).toEqual(messages.filter(({ routingKey }) => routingKey === 'good'));
      expect(limit).toBeUndefined();
    }),
    { numRuns: 200 },
  );
});
