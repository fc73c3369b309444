import { describe, expect, test } from 'vitest';
import { serviceUsers } from './broker-users.ts';
import { topologyObjects } from './kubernetes/topology-objects.ts';
import { leastPermissionsOf, topicPermissionsOf } from './least-permissions.ts';
import { MOST_PATTERN_BYTES, oneOf, pattern } from './permission-pattern.ts';
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

describe('tasks that stand in a pattern once', () => {
  const tasks = ['a.b', 'a.b.3', 'a.b.issue', 'a.bc', 'a.b-c', 'b.a', 'x.y.z', 'x.y.3.z'];
  const befores = ['q.', 'q.s.', 'r.', 'r.s.'];
  const afters = ['', '.5', '.issue', '.5.issue', '.ledger'];
  /** What the rows `q.<of>` and `r.<of>.issue` and so on may be of a task: each beginning has ends of its own. */
  const of = {
    '<plain>': [{ before: '', after: '' }],
    '<both>': [
      { before: 's.', after: '' },
      { before: '', after: '\\.[0-9]+' },
    ],
  };
  const rows = ['q.<plain>', 'q.<plain>.issue', 'r.<both>.issue', 'r.<both>.ledger'];
  const named: Record<string, readonly string[]> = {
    'q.': ['', '.issue'],
    'r.': ['.3.issue', '.3.ledger', '.5.issue', '.5.ledger'],
    'r.s.': ['.issue', '.ledger'],
  };

  test.each([
    [['a.b']],
    [['a.b', 'x.y.z']],
    [['a.b.3', 'a.bc']],
    [['a.b.issue', 'b.a']],
    [['x.y.3.z']],
    [tasks],
  ])('are each of %j within what belongs to it, and nothing else', (own) => {
    const right = new RegExp(pattern(rows, { tasks: own, of }));
    const its = new Set(
      Object.entries(named).flatMap(([before, ends]) =>
        own.flatMap((task) => ends.map((end) => before + task + end)),
      ),
    );
    const all = befores.flatMap((before) =>
      tasks.flatMap((task) => [...afters, '.5.ledger'].map((after) => before + task + after)),
    );
    const matched = [...new Set([...all, ...its])].filter((name) => right.test(name));
    expect(matched.toSorted()).toEqual([...its].toSorted());
  });
});

test('sixty tasks of one worker are few enough for RabbitMQ 4.3', () => {
  const words = ['import', 'export', 'render', 'notify', 'clean'];
  const many = Array.from({ length: 12 }, (_, team) => words.map((word) => `team-${team}.${word}`)).flat();
  for (const [what, right] of allRightsOf('consumer', many))
    expect(Buffer.byteLength(right), what).toBeLessThanOrEqual(MOST_PATTERN_BYTES);
});

test('rights that are too long for RabbitMQ 4.3 are refused, with what to do', () => {
  const many = Array.from({ length: 300 }, (_, index) => `task.number-${index * 7919}`);
  expect(() => serviceUsers(many)).toThrow(/^the rights of the consumer .* takes 1024: .*--workers/s);
  expect(() => topologyObjects(many)).toThrow('takes 1024');
});

test.each(services)(
  'the rights of the %s are short enough for RabbitMQ 4.3, with all built-in tasks',
  (service) => {
    for (const [what, right] of allRightsOf(service, plannedBuiltInTasks))
      expect(Buffer.byteLength(right), what).toBeLessThanOrEqual(MOST_PATTERN_BYTES);
  },
);

function allRightsOf(service: (typeof services)[number], tasks: readonly string[]): [string, string][] {
  return [
    ...Object.entries(leastPermissionsOf(service, tasks)),
    ...topicPermissionsOf(service, tasks).map((topic): [string, string] => [topic.exchange, topic.write]),
  ];
}
