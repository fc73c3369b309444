import { describe, expect, test } from 'vitest';
import { type ExchangeName, type ExchangeRow, exchanges, type KindOn } from './exchanges.ts';
import { type QueueRow, queues, sharedQueues } from './topology.ts';

const exchangeNames = Object.keys(exchanges) as ExchangeRow[];
const queueRows = Object.keys(queues) as QueueRow[];
const setAsideByTheBroker = [
  ...exchangeNames.flatMap((name) => ('alternate' in exchanges[name] ? [exchanges[name].alternate] : [])),
  ...queueRows.flatMap((row) => ('deadLetter' in queues[row] ? [queues[row].deadLetter] : [])),
] as readonly string[];

describe('every queue', () => {
  test.each(queueRows)('%s is consumed, by a service or by people', (row) => {
    expect(queues[row].consumers.length).toBeGreaterThan(0);
  });

  test.each(queueRows)('%s that a service consumes has a prefetch', (row) => {
    const { consumers } = queues[row];
    const isOurs = !consumers.some((party) => party === 'operator' || party === 'broker');
    expect('prefetch' in queues[row]).toBe(isOurs);
  });

  test.each(queueRows)('%s is bound to exchanges that carry what it carries', (row) => {
    const { bindings, carries } = queues[row];
    expect(bindings.length > 0).toBe(carries.length > 0);
    const arriving = new Set<string>(bindings.flatMap(({ exchange }) => exchanges[exchange].carries));
    expect([...arriving]).toEqual(expect.arrayContaining([...carries]));
  });

  test.each(queueRows)('%s is bound with keys that its exchange uses', (row) => {
    for (const { exchange, key } of queues[row].bindings) {
      const { keys, type } = exchanges[exchange];
      if (type === 'fanout') expect(key).toBe('');
      else if (exchange === 'heddle.replies') expect(key).toBe(row);
      else expect(keys).toContain(key);
    }
  });
});

describe('every exchange', () => {
  test.each(exchangeNames)('%s has a publisher', (name) => {
    const byBroker = setAsideByTheBroker.includes(name);
    expect(exchanges[name].publishers.length > 0 || byBroker).toBe(true);
  });

  test.each(exchangeNames)('%s leads each kind it carries to a queue', (name) => {
    const bound = queueRows.filter((row) => queues[row].bindings.some(({ exchange }) => exchange === name));
    const taken = new Set<string>(bound.flatMap((row) => [...queues[row].carries]));
    expect([...taken]).toEqual(expect.arrayContaining([...exchanges[name].carries]));
  });

  test.each(exchangeNames)('%s has no key that no queue is bound with', (name) => {
    if (name === 'heddle.replies') return;
    const bindings = queueRows.flatMap((row) => [...queues[row].bindings]);
    const bound = bindings.filter(({ exchange }) => exchange === name).map(({ key }) => key);
    expect(bound).toEqual(expect.arrayContaining([...exchanges[name].keys]));
  });
});

test('what the broker sets aside goes to exchanges of the table', () => {
  expect(exchangeNames).toEqual(expect.arrayContaining([...setAsideByTheBroker]));
});

test('queues that exist once have no placeholder in their name', () => {
  expect(sharedQueues.length).toBeGreaterThan(0);
  expect(sharedQueues.filter((row) => row.includes('<'))).toEqual([]);
});

test('the wrong kind of message, or an unknown exchange, does not compile', () => {
  const events: KindOn<'heddle.events'> = 'events';
  // @ts-expect-error jobs are not published to heddle.events
  const job: KindOn<'heddle.events'> = 'job';
  // @ts-expect-error there is no such exchange
  const unknown: ExchangeName = 'heddle.event';
  expect([events, job, unknown]).toHaveLength(3);
});
