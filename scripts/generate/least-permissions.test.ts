import { describe, expect, test } from 'vitest';
import { leastPermissionsOf, topicPermissionsOf } from './least-permissions.ts';
import { MOST_PATTERN_BYTES } from './permission-pattern.ts';
import { builtInTaskNames, services } from './permissions-document.ts';

const OWN = ['mail.send:concurrency:rate=1m:lanes=2', 'ledger.deposit:4', 'report.render'];
const matching = (pattern: string, names: readonly string[]) =>
  names.filter((name) => new RegExp(pattern).test(name));

describe('the least rights', () => {
  test.each(services)('of the %s are short enough for every broker, for all built-in tasks', (service) => {
    const { write, read } = leastPermissionsOf(service, builtInTaskNames);
    const topics = topicPermissionsOf(service, builtInTaskNames).map((topic) => topic.write);
    expect([write, read, ...topics].filter(({ length }) => length > MOST_PATTERN_BYTES)).toEqual([]);
  });

  test('of a worker are to read what belongs to its own tasks', () => {
    const { read } = leastPermissionsOf('consumer', OWN);
    const own = [
      'heddle.jobs.mail.send',
      'heddle.jobs.mail.send.suspect',
      'heddle.lanes.mail.send.1',
      'heddle.tokens.slots.mail.send',
      'heddle.tokens.rates.mail.send.60000',
      'heddle.ledger.rates.mail.send.60000',
      'heddle.serial.ledger.deposit.3',
      'heddle.replies.slot-1',
    ];
    expect(matching(read, own)).toEqual(own);
    const others = [
      'heddle.jobs.mail.sender',
      'heddle.jobs.mail.send.later',
      'heddle.jobs.report.send',
      'heddle.jobs.mail.send.5',
      'heddle.lanes.mail.sender.1',
      'heddle.serial.ledger.deposit.eu.3',
      'heddle.tokens.rates.mail.send.eu.60000',
      'heddle.tokens.slots.mail',
      'heddle.events.recorder',
      'heddle.dead',
    ];
    expect(matching(read, others)).toEqual([]);
  });

  test('of a worker are to publish jobs and tokens of its own tasks', () => {
    const topics = topicPermissionsOf('consumer', OWN);
    const keys = (exchange: string) => topics.find((topic) => topic.exchange === exchange)?.write ?? '';
    const all = [
      'mail.send',
      'mail.send.suspect',
      'mail.sender',
      'mail.send/1',
      'mail.send.1',
      'slots.mail.send',
    ];
    expect(matching(keys('heddle.submit'), all)).toEqual(['mail.send', 'mail.send.suspect']);
    expect(matching(keys('heddle.delay.100'), all)).toEqual(['mail.send', 'mail.send.suspect']);
    expect(matching(keys('heddle.lanes'), all)).toEqual(['mail.send/1']);
    expect(matching(keys('heddle.serial'), all)).toEqual(['mail.send.1']);
    const issued = ['slots.mail.send.issue', 'rates.mail.send.60000.ledger'];
    expect(matching(keys('heddle.tokens'), [...all, ...issued, 'slots.mail.issue'])).toEqual(issued);
  });
});
