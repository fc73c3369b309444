import { type ExchangeRow, exchanges, plannedTopology, WEBHOOK_TASK } from '@heddle/contracts';
import type { Channel } from 'amqplib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { onChannel, publishing } from '../../test/support/foreign-channel.ts';
import {
  type LeastPrivilege,
  NOT_ITS_OWN,
  type Service,
  setUpLeastPrivilege,
} from '../../test/support/least-privilege.ts';
import { services } from './permissions-document.ts';

describe('with one user a service, who may declare nothing', () => {
  let vhost: LeastPrivilege['vhost'];
  let urls: LeastPrivilege['urls'];
  let tasks: LeastPrivilege['tasks'];

  beforeAll(async () => {
    ({ vhost, urls, tasks } = await setUpLeastPrivilege());
  });
  afterAll(() => vhost.drop());

  test('the notifier may publish no events of jobs but those of webhooks', async () => {
    expect(await publishing(urls.notifier, 'heddle.events', 'event')).toContain('ACCESS_REFUSED');
    expect(await publishing(urls.notifier, 'heddle.events', 'output')).toContain('ACCESS_REFUSED');
    for (const service of services.filter((name) => name !== 'notifier'))
      expect(await publishing(urls[service], 'heddle.webhooks', 'event'), service).toContain(
        'ACCESS_REFUSED',
      );
  });

  test('nobody may publish where the table does not let them', async () => {
    for (const service of services) {
      const refused = plannedTopology([])
        .exchanges.map(({ name }) => name)
        .filter((name) => !/^heddle\.delay\.(?!100$)/.test(name))
        .filter((name) => !publishes(service, name))
        // Spent tokens are put to rest by the broker.
        .concat('heddle.rest.300');
      for (const exchange of refused) {
        expect(
          await publishing(urls[service], exchange, 'debug.echo'),
          `${service} to ${exchange}`,
        ).toContain('ACCESS_REFUSED');
      }
      expect(await publishing(urls[service], '', 'heddle.jobs.debug.echo'), service).toContain(
        'ACCESS_REFUSED',
      );
    }
  });

  test('a worker may not publish jobs that are not its own, by any way, nor may the notifier', async () => {
    for (const exchange of ['heddle.submit', 'heddle.delay.100', 'heddle.delay.31536000000']) {
      for (const task of [NOT_ITS_OWN, WEBHOOK_TASK, `${NOT_ITS_OWN}.suspect`]) {
        expect(await publishing(urls.consumer, exchange, task), `${task} to ${exchange}`).toContain(
          'ACCESS_REFUSED',
        );
      }
      expect(await publishing(urls.notifier, exchange, 'debug.echo')).toContain('ACCESS_REFUSED');
    }
    expect(await publishing(urls.consumer, 'heddle.serial', 'ledger.withdraw.0')).toContain('ACCESS_REFUSED');
    expect(await publishing(urls.consumer, 'heddle.jobs', 'debug.echo')).toContain('ACCESS_REFUSED');
    expect(await publishing(urls.consumer, 'heddle.lanes', 'mail.send/0')).toContain('ACCESS_REFUSED');
  });

  test('a worker may not make tokens of limits of other tasks, which would lift them', async () => {
    for (const key of ['slots.mail.send.issue', 'rates.mail.send.60000.ledger', 'slots.bounded.slots'])
      expect(await publishing(urls.consumer, 'heddle.tokens', key), key).toContain('ACCESS_REFUSED');
    expect(await publishing(urls.consumer, 'heddle.tokens', 'slots.bounded.slots.ledger')).toBe('confirmed');
  });

  test('nobody may read what is not theirs: the gateway no jobs, the worker no others, the notifier no requests', async () => {
    const jobs = [...tasks, NOT_ITS_OWN].flatMap((task) => [
      `heddle.jobs.${task}`,
      task.startsWith('ledger.') ? `heddle.serial.${task}.0` : `heddle.jobs.${task}.suspect`,
    ]);
    const shared = ['heddle.queries', 'heddle.producer', 'heddle.dead', 'heddle.dropped', 'heddle.delay.100'];
    const refused: Record<Service, readonly string[]> = {
      gateway: [...jobs, 'heddle.events.recorder', 'heddle.queries', 'heddle.dead', 'heddle.delay.100'],
      producer: [...jobs, 'heddle.events.recorder', 'heddle.queries', 'heddle.dead', 'heddle.delay.100'],
      recorder: [...jobs, 'heddle.producer', 'heddle.replies.slot-1', 'heddle.dead', 'heddle.delay.100'],
      consumer: [
        `heddle.jobs.${NOT_ITS_OWN}`,
        `heddle.jobs.${WEBHOOK_TASK}`,
        'heddle.lanes.mail.send.0',
        'heddle.tokens.slots.mail.send',
        'heddle.ledger.rates.mail.send.60000',
        'heddle.events.recorder',
        ...shared,
      ],
      notifier: [...jobs, 'heddle.events.recorder', ...shared],
    };
    for (const service of services) {
      for (const queue of refused[service]) {
        const outcome = await onChannel(urls[service], (channel) => channel.get(queue));
        expect(outcome, `${service} reading ${queue}`).toContain('ACCESS_REFUSED');
      }
    }
  });

  test('nobody may declare, bind or delete', async () => {
    for (const service of services) {
      for (const change of [
        (channel: Channel) => channel.assertQueue('heddle.jobs.new'),
        (channel: Channel) => channel.assertExchange('heddle.new', 'fanout'),
        (channel: Channel) => channel.deleteQueue('heddle.queries'),
        (channel: Channel) => channel.bindQueue('heddle.replies.slot-1', 'heddle.events', 'event'),
      ]) {
        expect(await onChannel(urls[service], change), `${service}: ${String(change)}`).toContain(
          'ACCESS_REFUSED',
        );
      }
    }
  });
});

function publishes(service: Service, exchange: string): boolean {
  const row = exchange.replace(/^heddle\.delay\..+/, 'heddle.delay.<ms>') as ExchangeRow;
  return exchanges[row].publishers.some((party) => party === service);
}
