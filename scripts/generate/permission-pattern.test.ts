import { expect, test } from 'vitest';
import { leastPermissionsOf } from './least-permissions.ts';
import { MOST_PATTERN_BYTES, oneOf } from './permission-pattern.ts';
import { plannedBuiltInTasks, services } from './permissions-document.ts';

const own = ['debug.e', 'debug.echo', 'debug.echo.loud', 'ledger.deposit'];
const { read, write } = leastPermissionsOf('consumer', own);
const may = (right: string, name: string) => new RegExp(right).test(name);

test('one of some names is each of them, and nothing else', () => {
  const anchored = new RegExp(`^${oneOf(own)}$`);
  for (const name of own) expect(anchored.test(name), name).toBe(true);
  for (const name of ['debug.', 'debug', 'debug.loud', 'ledger', 'debugXecho', 'echo', ''])
    expect(anchored.test(name), name).toBe(false);
});

test.each(own)('a worker has the queues of its task %s', (task) => {
  const queues = ['jobs', 'lanes', 'serial', 'tokens.slots', 'ledger.slots', 'tokens.rates', 'ledger.rates'];
  const named = queues.map((queue) => `heddle.${queue}.${task}`);
  const [jobs = '', lane = '', partition = '', slots = '', ledger = '', ...rates] = named;
  const its = [
    jobs,
    `${jobs}.suspect`,
    slots,
    ledger,
    ...[lane, partition, ...rates].map((name) => `${name}.11`),
  ];
  for (const name of its) expect(may(read, name), name).toBe(true);
  expect(may(write, jobs)).toBe(true);
});

test('a worker has no queues of others, and none in another form', () => {
  for (const name of [
    'heddle.jobs.other',
    'heddle.jobs.other.suspect',
    'heddle.jobs.ledger',
    'heddle.lanes.other.1',
    'heddle.lanes.debug.e.suspect',
    'heddle.serial.ledger.deposit',
    'heddle.tokens.debug.e',
    'heddle.tokens.slots.other',
    'heddle.events.recorder',
    'heddle.dead',
  ])
    expect(may(read, name), name).toBe(false);
  expect(may(write, 'heddle.jobs.other')).toBe(false);
});

test.each(services)(
  'the rights of the %s are short enough for RabbitMQ 4.3, with all built-in tasks',
  (service) => {
    for (const right of Object.values(leastPermissionsOf(service, plannedBuiltInTasks))) {
      expect(Buffer.byteLength(right)).toBeLessThanOrEqual(MOST_PATTERN_BYTES);
    }
  },
);
