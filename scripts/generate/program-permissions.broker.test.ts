import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { connectBroker, silentLog } from '@heddle/broker';
import { parsePlannedObject } from '@heddle/contracts';
import { BoundedSemaphore, Event, Lock, RLock, Semaphore, SimpleQueue, SyncSession } from '@heddle/sync';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { createVhost, type TestVhost } from '../../test/support/broker.ts';
import { onChannel, publishing } from '../../test/support/foreign-channel.ts';
import { permissionsOf } from './permissions-document.ts';
import { programPermissions, programTopics } from './program-permissions.ts';

const MADE = [
  'lock.bank',
  'rlock.bank',
  'semaphore.gpu=2',
  'bounded-semaphore.gpu=2',
  'event.go',
  'queue.line',
];
const OTHERS = ['lock.vault', 'queue.other', 'semaphore.other=3'];

let vhost: TestVhost;
let urlOf: (name: string, objects: readonly string[]) => Promise<string>;

beforeAll(async () => {
  vhost = await createVhost();
  // As the recorder does.
  const shared = await connectBroker({ url: vhost.url, service: 'test', instance: 'test', log: silentLog });
  await shared.close();
  await declare(MADE, OTHERS);
  urlOf = (name, texts) => {
    const program = { objects: texts.map(parsePlannedObject), submits: [] };
    return vhost.addUser(name, programPermissions(program), programTopics(program));
  };
});
afterAll(() => vhost.drop());

/** As `npm run topology -- declare --sync …` does. */
async function declare(...lists: readonly (readonly string[])[]): Promise<void> {
  const main = fileURLToPath(new URL('../topology/main.ts', import.meta.url));
  const objects = lists.flatMap((list) => ['--sync', list.join(',')]);
  const args = ['--import', 'tsx', '--conditions=heddle-src', main, 'declare', ...objects];
  await promisify(execFile)(process.execPath, args, { env: { ...process.env, AMQP_URL: vhost.url } });
}

async function sessionOf(url: string): Promise<SyncSession> {
  const session = await SyncSession.connect({ url });
  onTestFinished(() => session.close());
  return session;
}

async function useAll(session: SyncSession): Promise<void> {
  const lock = new Lock(session, 'bank');
  expect(await lock.run(async () => await lock.locked())).toBe(true);
  await new RLock(session, 'bank').run(() => undefined);
  const semaphore = new Semaphore(session, 'gpu', 2);
  await semaphore.run(() => undefined);
  await semaphore.release(1);
  await expect.poll(() => semaphore.value()).toBe(3);
  await new BoundedSemaphore(session, 'gpu', 2).run(() => undefined);
  const event = new Event(session, 'go');
  await event.set();
  expect(await event.wait('50s')).toBe(true);
  const queue = new SimpleQueue(session, 'line');
  await queue.put({ part: 1 });
  expect(await queue.get({ timeout: '50s' })).toEqual({ part: 1 });
  expect(await queue.qsize()).toBe(0);
}

describe('a program whose objects were made beforehand', () => {
  let url: string;
  beforeAll(async () => {
    url = await urlOf('program', MADE);
  });

  test('uses all of them with nothing to configure', async () => {
    expect(programPermissions({ objects: MADE.map(parsePlannedObject), submits: [] }).configure).toBe('^$');
    await useAll(await sessionOf(url));
  });

  test('finds them as they are when they are declared once more, and nobody gives them another size', async () => {
    const session = await sessionOf(url);
    const lease = await new Lock(session, 'bank').acquire();
    await expect(declare(MADE, ['bounded-semaphore.gpu=3'])).rejects.toMatchObject({
      stdout: expect.stringContaining('another number of permits than 3'),
    });
    expect(await new Lock(session, 'bank').acquire({ blocking: false })).toBeUndefined();
    expect(lease.held).toBe(true);
  });

  test('is told what to do about one that was not made', async () => {
    const session = await sessionOf(url);
    // Of these it may not even ask on RabbitMQ 4.
    await expect(new Lock(session, 'nowhere').acquire()).rejects.toMatchObject({ name: 'RuntimeError' });
    const forgotten = await sessionOf(await urlOf('forgotten', ['lock.forgotten', 'semaphore.forgotten']));
    await expect(new Lock(forgotten, 'forgotten').acquire()).rejects.toThrow(
      'npm run topology -- declare --sync lock.forgotten makes',
    );
    await expect(new Semaphore(forgotten, 'forgotten', 3).acquire()).rejects.toThrow(
      '--sync semaphore.forgotten=3 makes',
    );
  });

  test('is told what to do about one that its first user has made: nothing leads there for who may not publish to all', async () => {
    await new SimpleQueue(await sessionOf(vhost.url), 'made').put(1);
    const session = await sessionOf(await urlOf('putter', ['queue.made']));
    const queue = new SimpleQueue(session, 'made');
    await expect(queue.put(2)).rejects.toThrow('npm run topology -- declare --sync queue.made');
    await declare(['queue.made']);
    await queue.put(2);
    expect(await queue.get({ timeout: '10s' })).toBe(1);
    expect(await queue.get({ timeout: '10s' })).toBe(2);
  });

  test('learns that a semaphore has another number of permits', async () => {
    const session = await sessionOf(url);
    const wrong = new BoundedSemaphore(session, 'gpu', 5);
    await expect(wrong.acquire()).rejects.toThrow('exists with 2 permits, got 5');
    await expect(wrong.acquire({ blocking: false })).rejects.toMatchObject({ name: 'ValueError' });
    await new BoundedSemaphore(session, 'gpu', 2).run(() => undefined);
  });

  test('has no part in objects of others', async () => {
    for (const key of ['lock.vault', 'queue.other', 'queue.line'])
      expect(await publishing(url, 'heddle.sync', key), key).toContain('ACCESS_REFUSED');
    for (const object of [
      'lock.vault',
      'queue.other',
      'semaphore.other',
      'lock.bank',
      'bounded-semaphore.gpu',
    ])
      expect(await publishing(url, `heddle.sync.seeded.${object}`, ''), object).toContain('ACCESS_REFUSED');
    for (const queue of ['tokens.lock.vault', 'items.queue.other', 'tokens.semaphore.other'])
      expect(await onChannel(url, (channel) => channel.get(`heddle.sync.${queue}`)), queue).toContain(
        'ACCESS_REFUSED',
      );
    expect(await onChannel(url, (channel) => channel.purgeQueue('heddle.sync.tokens.lock.vault'))).toContain(
      'ACCESS_REFUSED',
    );
    for (const queue of ['tokens.lock.bank', 'tokens.lock.new'])
      expect(await onChannel(url, (channel) => channel.deleteQueue(`heddle.sync.${queue}`)), queue).toContain(
        'ACCESS_REFUSED',
      );
  });

  test('publishes nothing at all if it has locks only', async () => {
    const locks = await urlOf('locks', ['lock.bank', 'rlock.bank']);
    for (const exchange of ['heddle.sync', 'heddle.sync.seeded.lock.bank'])
      expect(await publishing(locks, exchange, 'lock.bank')).toContain('ACCESS_REFUSED');
    const session = await sessionOf(locks);
    const refused = { name: 'RuntimeError' };
    await expect(new SimpleQueue(session, 'line').put(1)).rejects.toMatchObject(refused);
    await expect(new Event(session, 'go').set()).rejects.toMatchObject(refused);
    await new Lock(session, 'bank').run(() => undefined);
  });
});

test('a program makes the objects itself that are told by how their names begin, and no others', async () => {
  const session = await sessionOf(
    await urlOf('maker', ['lock.account-*', 'queue.account-*', 'semaphore.account-*']),
  );
  await new Lock(session, 'account-7').run(() => undefined);
  const permits = new Semaphore(session, 'account-7', 2);
  await permits.run(() => undefined);
  await expect(new Semaphore(session, 'account-7', 3).acquire()).rejects.toThrow('another number of permits');
  const queue = new SimpleQueue(session, 'account-7');
  await queue.put(1);
  expect(await queue.get({ timeout: '50s' })).toBe(1);
  const refused = { name: 'RuntimeError' };
  await expect(new Lock(session, 'bank').acquire()).rejects.toMatchObject(refused);
  await expect(new SimpleQueue(session, 'line').get()).rejects.toMatchObject(refused);
  await expect(new Event(session, 'account-7').isSet()).rejects.toMatchObject(refused);
});

test('with the rights of a client in docs/permissions.md a program makes every object that it wants', async () => {
  const empty = await createVhost();
  try {
    const recorder = await connectBroker({
      url: empty.url,
      service: 'test',
      instance: 'test',
      log: silentLog,
    });
    await recorder.close();
    await useAll(await sessionOf(await empty.addUser('client', permissionsOf('client'))));
  } finally {
    await empty.drop();
  }
});
