import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openSession, silentLog } from '@heddle/broker';
import { Executor } from '@heddle/client';
import { parsePlannedObject, seedOf } from '@heddle/contracts';
import { Condition, Lock, Queue, SyncSession } from '@heddle/sync';
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest';
import { services } from '../../scripts/generate/permissions-document.ts';
import { programPermissions, programTopics } from '../../scripts/generate/program-permissions.ts';
import { answering, type Receiver, startReceiver } from '../../services/notifier/test/receiver.ts';
import { publishing } from '../support/foreign-channel.ts';
import {
  type LeastPrivilege,
  NOT_ITS_OWN,
  OWN_TASKS,
  type Service,
  setUpLeastPrivilege,
} from '../support/least-privilege.ts';
import { type ServiceProcess, startService } from '../support/service-process.ts';
import { createStackDatabase, type StackDatabase } from '../support/stack-database.ts';

const soon = { timeout: 60_000, interval: 100 };

describe('with one user a service, who may declare nothing', () => {
  let vhost: LeastPrivilege['vhost'];
  let folder: string;
  let database: StackDatabase;
  let url: string;
  let receiver: Receiver;
  let urls: LeastPrivilege['urls'];
  let started: readonly ServiceProcess[] = [];

  beforeAll(async () => {
    ({ vhost, urls } = await setUpLeastPrivilege());
    folder = mkdtempSync(join(tmpdir(), 'heddle-least-'));
    database = await createStackDatabase();
    receiver = await startReceiver(answering(200));
    const env = (service: Service) => ({
      AMQP_URL: urls[service],
      HEDDLE_DATA: folder,
      ...database.env,
      HEDDLE_DRAIN_SECONDS: '3',
      ...(service === 'consumer' && { HEDDLE_TASKS: OWN_TASKS }),
      ...(service === 'notifier' && { HEDDLE_WEBHOOK_ALLOW: '127.0.0.0/8' }),
    });
    started = await Promise.all(services.map((service) => startService(service, env(service))));
    url = started.find(({ name }) => name === 'gateway')?.url ?? '';
    await vi.waitFor(async () => {
      const { tasks } = (await (await fetch(`${url}/v1/tasks`)).json()) as { tasks: { name: string }[] };
      const names = tasks.map(({ name }) => name);
      expect(names).toEqual(expect.arrayContaining(['debug.sum', 'bounded.shares']));
    }, soon);
  }, 120_000);
  afterAll(async () => {
    await Promise.all(started.map((service) => service.stop()));
    await receiver.close();
    await vhost.drop();
    await database.drop();
    rmSync(folder, { recursive: true, force: true });
  });

  async function post(path: string, body: object): Promise<Record<string, unknown>> {
    const response = await fetch(`${url}${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    const text = await response.text();
    expect(response.ok, text).toBe(true);
    return JSON.parse(text) as Record<string, unknown>;
  }
  const show = async (path: string) =>
    (await (await fetch(`${url}${path}`)).json()) as Record<string, unknown>;
  const state = (path: string, expected: object) =>
    vi.waitFor(async () => expect(await show(path)).toMatchObject(expected), soon);

  test('a job runs, its events can be read live, its webhook is delivered', async () => {
    const { id } = await post('/v1/jobs', {
      task: 'debug.echo',
      input: 'hello',
      webhook: { url: receiver.url },
    });
    await state(`/v1/jobs/${id as string}`, { state: 'succeeded', result: 'hello' });
    const events = await fetch(`${url}/v1/jobs/${id as string}/events`);
    // They end with the job.
    expect(await events.text()).toContain('accepted');
    await vi.waitFor(() => expect(receiver.received).toHaveLength(1), soon);
    await state('/v1/jobs?task=webhook.deliver', { jobs: [{ state: 'succeeded' }] });
  });

  test('a job that is delayed, retried and gives up comes to its end over the ladder', async () => {
    const { id } = await post('/v1/jobs', {
      task: 'debug.fail',
      input: { message: 'again', retryable: true },
      delay: 150,
      retry: { attempts: 3, delay: 120, backoff: 'fixed' },
    });
    await state(`/v1/jobs/${id as string}`, { state: 'dead', error: { message: 'again' } });
    expect((await show(`/v1/jobs/${id as string}`))['attempts']).toHaveLength(3);
  });

  test('a job with a serial key comes to its partition', async () => {
    const { id } = await post('/v1/jobs', { task: 'ledger.deposit', input: { account: 'a', amount: 5 } });
    await state(`/v1/jobs/${id as string}`, { state: 'succeeded', result: { balance: 5 } });
  });

  test('tasks with a limit, with a rate and with fair shares run: tokens are there, and go round', async () => {
    const slots = await runsOf('bounded.slots', ['a', 'a', 'a', 'a', 'a', 'a']);
    expect(
      Math.max(
        ...slots.map(({ began }) => slots.filter((one) => one.began <= began && began < one.ended).length),
      ),
    ).toBe(2);
    const rated = (await runsOf('bounded.rate', ['a', 'a', 'a', 'a', 'a', 'a', 'a'])).map(
      ({ began }) => began,
    );
    // Three in any 300 ms: the seventh waits for tokens that have rested twice.
    expect(Math.max(...rated) - Math.min(...rated)).toBeGreaterThan(590);
    await runsOf('bounded.shares', ['many', 'many', 'many', 'few']);
  });

  async function runsOf(task: string, tenants: readonly string[]) {
    const jobs = await Promise.all(tenants.map((tenant) => post('/v1/jobs', { task, input: { tenant } })));
    const paths = jobs.map(({ id }) => `/v1/jobs/${id as string}`);
    for (const path of paths) await state(path, { state: 'succeeded' });
    const shown = await Promise.all(paths.map(show));
    return shown.map(({ result }) => result as { readonly began: number; readonly ended: number });
  }

  test('a batch is expanded and reduced, a schedule ticks, a key is kept, a cancel is heard', async () => {
    const batch = await post('/v1/batches', {
      task: 'debug.echo',
      inputs: [1, 2, 3],
      reduce: { task: 'debug.sum' },
    });
    await state(`/v1/batches/${batch['id'] as string}`, { state: 'succeeded' });
    const schedule = await post('/v1/schedules', { task: 'debug.echo', input: 1, every: '1s' });
    await vi.waitFor(
      async () =>
        expect(await show(`/v1/schedules/${schedule['id'] as string}`)).toMatchObject({
          lastJob: expect.anything(),
        }),
      soon,
    );
    await fetch(`${url}/v1/schedules/${schedule['id'] as string}`, { method: 'DELETE' });
    const keyed = await post('/v1/jobs', { task: 'debug.sleep', input: { ms: 60_000 }, key: 'one' });
    await state(`/v1/jobs/${keyed['id'] as string}`, { state: 'running' });
    await fetch(`${url}/v1/jobs/${keyed['id'] as string}`, { method: 'DELETE' });
    await state(`/v1/jobs/${keyed['id'] as string}`, { state: 'cancelled' });
  });

  test('a program submits jobs of its tasks and no others, and uses the toolbox, with nothing to configure', async () => {
    const program = { objects: ['lock.bank', 'rlock.turn'].map(parsePlannedObject), submits: ['debug.echo'] };
    const rights = programPermissions(program);
    expect(rights.configure).toBe('^$');
    const admin = openSession({ url: vhost.url, name: 'declare', log: silentLog });
    for (const { object } of program.objects)
      await admin.seed({ ...seedOf(object), beforehand: true }, 30_000);
    await admin.close();
    const own = await vhost.addUser('program', rights, programTopics(program));
    const executor = await Executor.connect({ url: own });
    onTestFinished(() => executor.shutdown());
    expect(await executor.submit('debug.echo', 'at once').result('30s')).toBe('at once');
    expect(await executor.submit('debug.echo', 'later', { delay: 150 }).result('30s')).toBe('later');
    for (const task of [NOT_ITS_OWN, 'debug.sleep'])
      for (const exchange of ['heddle.submit', 'heddle.delay.100'])
        expect(await publishing(own, exchange, task), task).toContain('ACCESS_REFUSED');
    const session = await SyncSession.connect({ url: own });
    onTestFinished(() => session.close());
    await new Lock(session, 'bank').run(() => undefined);
    const line = new Queue(session, 'line', { maxsize: 1 });
    await line.put(1);
    expect(await line.get({ timeout: '30s' })).toBe(1);
    await line.taskDone();
    const turn = new Condition(session, 'turn');
    expect(await turn.run(() => turn.wait(50))).toBe(false);
  });
});
