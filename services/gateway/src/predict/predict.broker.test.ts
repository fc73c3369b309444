import type { Problem } from '@heddle/contracts';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type InProcessService, InProcessStack } from '../../../../test/support/in-process-stack.ts';

interface Answer {
  readonly success: boolean;
  readonly predictions: { readonly label: string; readonly probability: number }[];
}

const AT_ONCE = 8;
let stack: InProcessStack;
let gateway: InProcessService;
let red: Buffer;

beforeAll(async () => {
  stack = await InProcessStack.open();
  await stack.startRecorder();
  gateway = await stack.startGateway({ HEDDLE_MAX_PREDICTIONS: String(AT_ONCE) });
  await stack.startWorker('image.classify');
  red = await sharp({ create: { width: 320, height: 240, channels: 3, background: '#c81e23' } })
    .jpeg()
    .toBuffer();
});
afterAll(() => stack.stop());

const predict = (body: Buffer | string, query = '', type = 'image/jpeg') =>
  fetch(`${gateway.url}/v1/predict${query}`, { method: 'POST', body, headers: { 'content-type': type } });

describe('POST /v1/predict', () => {
  it('says what a picture shows, the likeliest first', async () => {
    const response = await predict(red, '?top=2');
    const answer = (await response.json()) as Answer;
    expect(response.status).toBe(200);
    expect(answer).toMatchObject({ success: true, predictions: [{ label: 'red' }, {}] });
    const [first, second] = answer.predictions;
    expect(first?.probability).toBeGreaterThan(second?.probability ?? 1);
    const job = (await (await fetch(`${gateway.url}${response.headers.get('location')}`)).json()) as object;
    expect(job).toMatchObject({ task: 'image.classify', input: { top: 2 } });
  });

  it('of 500 at once refuses more than it may hold, at once and with a time to come back, and answers the others', async () => {
    const responses = await Promise.all(Array.from({ length: 500 }, () => predict(red)));
    const statuses = responses.map(({ status }) => status);
    expect(new Set(statuses)).toEqual(new Set([200, 503]));
    expect(statuses.filter((status) => status === 200).length).toBeGreaterThanOrEqual(AT_ONCE);
    const refused = responses.find(({ status }) => status === 503);
    expect(Number(refused?.headers.get('retry-after'))).toBeGreaterThan(0);
    expect((await refused?.json()) as Problem).toMatchObject({ code: 'overloaded' });
    expect((await predict(red)).status).toBe(200);
  });

  it.each([
    ['bytes that are no image', 'no image', '', 'image/jpeg', 422, 'image_unrecognised'],
    ['an empty body', '', '', 'image/jpeg', 422, 'invalid_request'],
    ['another content type', '{}', '', 'application/json', 415, 'unsupported_media_type'],
    ['a wrong number of labels', 'x', '?top=0', 'image/jpeg', 422, 'invalid_request'],
    ['an unknown parameter', 'x', '?bottom=1', 'image/jpeg', 422, 'invalid_request'],
  ])('refuses %s', async (_, body, query, type, status, code) => {
    const response = await predict(body, query, type);
    expect([response.status, ((await response.json()) as Problem).code]).toEqual([status, code]);
  });
});
