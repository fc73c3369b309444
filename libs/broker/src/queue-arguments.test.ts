import { type QueueRow, queues } from '@heddle/contracts';
import { describe, expect, it } from 'vitest';
import { isAtLeast, queueDeclaration } from './queue-arguments.ts';

const versions = ['3.10.8', '3.13.7', '4.0.9', '4.2.1', '4.3.0-rc.1', '4.3.6', '5.0.0'];
const jobQueue = 'heddle.jobs.<task>';

describe('a job queue', () => {
  it.each(['3.10.8', '3.13.7', '4.0.9', '4.2.1'])(
    'is a classic queue with priorities 0 to 9 on %s',
    (version) => {
      expect(queueDeclaration(jobQueue, version)).toEqual({
        durable: true,
        exclusive: false,
        arguments: {
          'x-queue-type': 'classic',
          'x-max-priority': 9,
          'x-dead-letter-exchange': 'heddle.dropped',
        },
      });
    },
  );

  it.each(['4.3.0-rc.1', '4.3.6', '5.0.0'])(
    'is a quorum queue, which has strict priorities there, that loses nothing on its way to the dead letters, on %s',
    (version) => {
      expect(queueDeclaration(jobQueue, version).arguments).toEqual({
        'x-queue-type': 'quorum',
        'x-delivery-limit': -1,
        'x-dead-letter-exchange': 'heddle.dropped',
        'x-dead-letter-strategy': 'at-least-once',
        'x-overflow': 'reject-publish',
      });
    },
  );
});

describe('a quorum queue', () => {
  it.each(['3.10.8', '3.13.7'])('names no delivery limit on %s, where -1 loses the message', (version) => {
    expect(queueDeclaration('heddle.events.recorder', version).arguments).toEqual({
      'x-queue-type': 'quorum',
    });
  });

  it.each(['4.0.9', '4.2.1', '4.3.6'])(
    'lifts the delivery limit on %s, where the default drops messages',
    (version) => {
      expect(queueDeclaration('heddle.events.recorder', version).arguments).toEqual({
        'x-queue-type': 'quorum',
        'x-delivery-limit': -1,
      });
    },
  );

  it('drops its oldest messages beyond its bytes, if the table says so', () => {
    expect(queueDeclaration('heddle.dead', '3.10.8').arguments).toEqual({
      'x-queue-type': 'quorum',
      'x-max-length-bytes': 1024 ** 3,
    });
  });
});

describe('on every version', () => {
  it.each(versions)('the event log is a stream bounded in bytes, on %s', (version) => {
    expect(queueDeclaration('heddle.events.log', version).arguments).toEqual({
      'x-queue-type': 'stream',
      'x-max-length-bytes': 1024 ** 3,
      'x-stream-max-segment-size-bytes': 1024 ** 3 / 8,
    });
  });

  it.each(versions)('queues that do not survive a restart are exclusive, on %s', (version) => {
    for (const row of Object.keys(queues) as QueueRow[]) {
      const { durable, exclusive } = queueDeclaration(row, version);
      expect(durable || exclusive, row).toBe(true);
      expect(exclusive, row).toBe(queues[row].type === 'reply');
    }
  });

  it.each(versions)('no queue uses what 4.3 has dropped, on %s', (version) => {
    for (const row of Object.keys(queues) as QueueRow[]) {
      expect(queueDeclaration(row, version).arguments).not.toHaveProperty('x-queue-mode');
    }
  });
});

it('versions compare by number', () => {
  expect(isAtLeast('3.10.8', 3, 9)).toBe(true);
  expect(isAtLeast('3.9.30', 3, 10)).toBe(false);
  expect(isAtLeast('4.0.0', 3, 99)).toBe(true);
  expect(isAtLeast('10.1.0', 4, 3)).toBe(true);
});
