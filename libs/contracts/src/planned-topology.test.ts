import { describe, expect, it } from 'vitest';
import { parsePlannedTask, plannedText } from './planned-task.ts';
import { INSTANCE_SLOTS, plannedTopology, slotQueues } from './planned-topology.ts';

const MAIL = 'mail.send:concurrency:rate=1m:lanes=2';

describe('a task, named where its queues are made beforehand,', () => {
  it.each([
    ['debug.echo', { name: 'debug.echo' }],
    ['ledger.deposit:4', { name: 'ledger.deposit', serial: { partitions: 4 } }],
    [
      'mail.send:concurrency:rate=60000ms:lanes=8',
      {
        name: 'mail.send',
        limit: { concurrency: 5, rate: { count: 100, per: 60_000 } },
        fair: { lanes: 8 },
      },
    ],
  ])('is %s', (text, task) => {
    expect(plannedText(task)).toBe(text);
    expect(parsePlannedTask(text)).toMatchObject({
      name: task.name,
      partitions: 'serial' in task ? task.serial.partitions : undefined,
      lanes: 'fair' in task ? task.fair.lanes : 0,
    });
  });

  it.each([
    'Echo',
    'a.b:0',
    'a.b:x',
    'a.b:rate=often',
    'a.b:rate=0s',
    'a.b:lanes=1',
    'a.b:lanes=65',
    'a.b:',
    '',
  ])('is not "%s"', (text) => {
    expect(() => parsePlannedTask(text)).toThrow(`got "${text}"`);
  });
});

describe('what is planned', () => {
  const { exchanges, queues } = plannedTopology([MAIL, 'debug.echo', 'ledger.deposit:2']);
  const named = (beginning: string) =>
    queues.filter(({ name }) => name.startsWith(beginning)).map(({ name }) => name);

  it('has tokens, their ledger and their rest for each limit, and lanes, of tasks that have them', () => {
    const limits = ['rates.mail.send.60000', 'slots.mail.send'];
    expect(named('heddle.tokens.').toSorted()).toEqual(limits.map((limit) => `heddle.tokens.${limit}`));
    expect(named('heddle.ledger.').toSorted()).toEqual(limits.map((limit) => `heddle.ledger.${limit}`));
    expect(named('heddle.rest.')).toEqual(['heddle.rest.60000']);
    expect(exchanges.map(({ name }) => name)).toContain('heddle.rest.60000');
    expect(named('heddle.lanes.')).toEqual(['heddle.lanes.mail.send.0', 'heddle.lanes.mail.send.1']);
    expect(named('heddle.serial.')).toEqual([
      'heddle.serial.ledger.deposit.0',
      'heddle.serial.ledger.deposit.1',
    ]);
  });

  it('has queues of replies for the processes of services and for as many programs, and of news for the former', () => {
    expect(named('heddle.control.')).toHaveLength(INSTANCE_SLOTS);
    expect(named('heddle.replies.')).toEqual(slotQueues('heddle.replies.<instance>'));
    expect(named('heddle.replies.')).toHaveLength(2 * INSTANCE_SLOTS);
  });

  it('leaves no name open, neither of a queue nor of what it is bound by', () => {
    const open = queues.filter(({ name, bindings }) => /[<>]/.test(name + JSON.stringify(bindings)));
    expect(open).toEqual([]);
    expect(exchanges.filter(({ name }) => name.includes('<'))).toEqual([
      // A mark of the toolbox for each object that programs make.
    ]);
  });

  it('binds a lane by the key that workers sort by', () => {
    const lane = queues.find(({ name }) => name === 'heddle.lanes.mail.send.1');
    expect(lane?.bindings).toEqual([{ exchange: 'heddle.lanes', key: 'mail.send/1' }]);
  });
});
