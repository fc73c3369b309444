import { describe, expect, it } from 'vitest';
import { RepeatHolder } from './hold-repeats.mjs';
import { describeLogLine, parseLogLine } from './print-log.mjs';

describe('a line of a service’s log', () => {
  it('is shown with its level, message and fields, without what only machines need', () => {
    const line = parseLogLine(
      '{"level":40,"time":1,"pid":2,"service":"consumer","queue":"q","msg":"channel closed"}',
    );
    expect(describeLogLine('consumer', line)).toBe('consumer   warn: channel closed  queue=q');
  });

  it('is shown with the top of an error’s stack', () => {
    const line = parseLogLine(
      '{"level":50,"err":{"stack":"Error: no\\n    at a\\n    at b"},"msg":"failed"}',
    );
    expect(describeLogLine('gateway', line)).toBe(
      'gateway    error: failed\n    Error: no\n    at a\n    at b',
    );
  });

  it('is shown with the message alone when it is a warning', () => {
    const line = parseLogLine(
      '{"level":40,"err":{"stack":"Error: late\\n    at a\\n    at b"},"msg":"not loaded"}',
    );
    expect(describeLogLine('gateway', line)).toBe('gateway    warn: not loaded\n    Error: late');
  });

  it('counts as a warning when it is not JSON', () => {
    expect(parseLogLine('Segmentation fault')).toEqual({ level: 40, msg: 'Segmentation fault' });
    expect(parseLogLine('12')).toEqual({ level: 40, msg: '12' });
  });
});

it('shows the first of many like lines, and how many it held back with the next after a while', () => {
  const repeats = new RepeatHolder();
  expect(repeats.take('lost', 'lost', 0)).toBe('lost');
  expect(repeats.take('lost', 'lost', 9_000)).toBeUndefined();
  expect(repeats.take('other', 'other', 9_000)).toBe('other');
  expect(repeats.take('lost', 'lost', 11_000)).toBe('lost  (and 1 more like it before)');
  expect(repeats.take('lost', 'lost', 22_000)).toBe('lost');
});
