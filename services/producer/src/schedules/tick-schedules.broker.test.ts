import { type Broker, connectBroker, silentLog } from '@heddle/broker';
import { newJobId } from '@heddle/client';
import { encodeControl, type ScheduleRecord } from '@heddle/contracts';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { createVhost, type TestVhost } from '../../../../test/support/broker.ts';
import { type ServiceProcess, startService } from '../../../../test/support/service-process.ts';
import { anySchedule } from '../../test/any-schedule.ts';
import { answerRequests } from '../../test/scripted-recorder.ts';

const soon = { timeout: 30_000 };
const LEADS = 'ticks the schedules from now on';

let vhost: TestVhost;
let recorder: Broker;
let schedules: ScheduleRecord[];
/** Every submit that was asked for: key, and when. */
let submits: string[];
let ticks: number[];
let producers: ServiceProcess[];

beforeEach(async () => {
  vhost = await createVhost();
  schedules = [];
  submits = [];
  ticks = [];
  producers = [];
  recorder = await connectBroker({
    url: vhost.url,
    service: 'recorder',
    instance: newJobId(),
    log: silentLog,
  });
  await answerRequests(recorder, (request) => {
    if (request.op === 'schedules') return { schedules };
    if (request.op === 'schedule-ticked') {
      ticks.push(request.at);
      schedules = schedules.map((schedule) => ({ ...schedule, lastTickAt: request.at }));
      return { id: request.id };
    }
    if (request.op !== 'submit') return undefined;
    submits.push(request.idempotencyKey ?? '');
    return { id: request.job.id, repeated: false };
  });
});
afterEach(async () => {
  for (const producer of producers) await producer.kill();
  await recorder.close();
  await vhost.drop();
});

async function start(): Promise<ServiceProcess> {
  const producer = await startService('producer', { AMQP_URL: vhost.url });
  producers.push(producer);
  return producer;
}

const leads = (producer: ServiceProcess) => producer.log.some(({ msg }) => msg === LEADS);
const tellOfChange = () =>
  recorder.publisher.publish('heddle.control', '', encodeControl({ type: 'schedules-changed' }));

describe('of two producers', () => {
  test('one ticks, and when it is killed the other does; no tick is asked for twice in vain, none is left out', async () => {
    schedules = [anySchedule({ everyMs: 250, createdAt: Date.now() })];
    const first = await start();
    await vi.waitFor(() => expect(leads(first)).toBe(true), soon);
    const second = await start();
    await vi.waitFor(() => expect(ticks.length).toBeGreaterThan(4), soon);
    expect(leads(second)).toBe(false);
    await first.kill();
    const before = ticks.length;
    await vi.waitFor(() => expect(ticks.length).toBeGreaterThan(before + 4), soon);
    await vi.waitFor(() => expect(leads(second)).toBe(true), soon);
    // The tick in hand when the first was killed may have been asked for by both: its key makes it one job.
    expect(submits.length - new Set(submits).size).toBeLessThanOrEqual(1);
    expect(
      ticks.every(
        (tick, index) => index === 0 || tick > (ticks[index - 1] ?? 0) || tick === ticks[index - 1],
      ),
    ).toBe(true);
  });
});

describe('the producer that ticks', () => {
  test('takes up a schedule at the news of it, and one that is gone no more', async () => {
    const producer = await start();
    await vi.waitFor(() => expect(leads(producer)).toBe(true), soon);
    schedules = [anySchedule({ id: 'new', everyMs: 200, createdAt: Date.now() })];
    await tellOfChange();
    await vi.waitFor(() => expect(submits.length).toBeGreaterThan(1), soon);
    expect(submits[0]).toMatch(/^schedule\/new\//);
    schedules = [];
    await tellOfChange();
    const seen = { count: -1 };
    // Quiet for two intervals.
    await vi.waitFor(
      () => {
        const quiet = seen.count === submits.length;
        seen.count = submits.length;
        expect(quiet).toBe(true);
      },
      { ...soon, interval: 500 },
    );
  });

  test('sets aside what is no wake, and goes on', async () => {
    const producer = await start();
    await vi.waitFor(() => expect(leads(producer)).toBe(true), soon);
    const rubbish = { kind: 'production', body: Buffer.from('{'), properties: {} } as const;
    await recorder.publisher.publish('heddle.requests', 'scheduler', rubbish);
    await vi.waitFor(async () => expect(await recorder.countMessages('heddle.dead')).toBe(1), soon);
    schedules = [anySchedule({ everyMs: 250, createdAt: Date.now() })];
    await tellOfChange();
    await vi.waitFor(() => expect(ticks.length).toBeGreaterThan(1), soon);
  });

  test('goes on after its connections were cut', async () => {
    schedules = [anySchedule({ everyMs: 250, createdAt: Date.now() })];
    await start();
    await vi.waitFor(() => expect(ticks.length).toBeGreaterThan(1), soon);
    await vhost.closeConnections();
    const before = ticks.length;
    await vi.waitFor(() => expect(ticks.length).toBeGreaterThan(before + 2), soon);
  });
});
