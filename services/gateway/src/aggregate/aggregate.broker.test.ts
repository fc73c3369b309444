import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type InProcessService, InProcessStack } from '../../../../test/support/in-process-stack.ts';
import { Aggregate } from '../../../consumer/src/data/aggregate-rows.ts';
import { readRows } from '../../../consumer/src/data/read-rows.ts';

let stack: InProcessStack;
let gateway: InProcessService;

beforeAll(async () => {
  stack = await InProcessStack.open();
  await stack.startRecorder();
  gateway = await stack.startGateway();
  await stack.startWorker('data.*');
});
afterAll(() => stack.stop());

async function aggregate(
  body: string | Uint8Array,
  type: string,
  query: string,
  url = gateway.url,
): Promise<{ status: number; body: unknown }> {
  const response = await fetch(`${url}/v1/aggregate?${query}`, {
    method: 'POST',
    headers: { 'content-type': type },
    body,
    duplex: 'half',
  } as RequestInit);
  return { status: response.status, body: await response.json() };
}

/** What one process makes of the whole file. */
function alone(text: string, format: 'ndjson' | 'csv') {
  const all = new Aggregate({ fields: ['amount'], groupBy: ['city'] });
  const source = { columns: ['amount', 'city'], format, delimiter: ',', firstLine: 1 };
  for (const { row } of readRows(text, source)) all.add(row);
  return JSON.parse(JSON.stringify(all.result())) as unknown;
}

const cities = ['Oslo', 'Rome', 'New\nYork, NY', 'Zürich'];
const rows = Array.from({ length: 4_000 }, (_, n) => ({
  city: cities[(n * 7) % 4] ?? '',
  amount: (n % 3 ? 1 : -1) * (0.1 + n / 7) * 10 ** ((n % 60) - 30),
}));
const csv = `city,amount\r\n${rows.map(({ city, amount }) => `"${city}",${amount}`).join('\r\n')}\r\n`;
const ndjson = rows.map((row) => JSON.stringify(row)).join('\n');

describe('a file, done in many chunks', () => {
  it.each([
    ['NDJSON', ndjson, 'application/x-ndjson', 'ndjson' as const],
    ['CSV', csv, 'text/csv', 'csv' as const],
    ['CSV that begins with empty lines', `\r\n\n${csv}`, 'text/csv', 'csv' as const],
  ])('gives exactly what one process gives: %s', async (_, text, type, format) => {
    const answer = await aggregate(text, type, 'fields=amount&groupBy=city&chunkBytes=4096');
    expect(answer).toEqual({ status: 200, body: alone(text, format) });
    const whole = await aggregate(text, type, 'fields=amount&groupBy=city');
    expect(whole.body).toEqual(answer.body);
  });

  it('may be none', async () => {
    expect(await aggregate('', 'text/csv', 'fields=a')).toEqual({
      status: 200,
      body: { rows: 0, groups: [] },
    });
  });

  it('may have more groups in sixteen chunks than a message carries, however little that is', async () => {
    const small = await stack.startGateway({ HEDDLE_MAX_MESSAGE_BYTES: '16384' });
    const id = (n: number) => `${'customer '.repeat(20)}${n}`;
    const lines = Array.from({ length: 1_000 }, (_, n) => `${id((n * 7) % 40)},${n}\n`);
    const query = 'fields=n&groupBy=id&chunkBytes=4096';
    const { status, body } = await aggregate(`id,n\n${lines.join('')}`, 'text/csv', query, small.url);
    expect({ status, body }).toMatchObject({ status: 200, body: { rows: 1_000 } });
    expect((body as { groups: unknown[] }).groups).toHaveLength(40);
  });

  it('may be of larger chunks than messages are, and a header that leaves no room for rows is told so', async () => {
    const small = await stack.startGateway({ HEDDLE_MAX_MESSAGE_BYTES: '16384' });
    const lines = (headerBytes: number) => `a,${'b'.repeat(headerBytes - 3)}\n${'1,2\n'.repeat(10_000)}`;
    expect(await aggregate(lines(4_096), 'text/csv', 'fields=a', small.url)).toMatchObject({
      status: 200,
      body: { rows: 10_000 },
    });
    expect(await aggregate(lines(4_097), 'text/csv', 'fields=a', small.url)).toMatchObject({
      status: 413,
      body: {
        code: 'payload_too_large',
        detail: 'header: expected names of columns of at most 4096 bytes together, got 4097',
      },
    });
  });

  it('says on which line it is wrong', async () => {
    const answer = await aggregate(
      `${ndjson}\n{"city":`,
      'application/x-ndjson',
      'fields=amount&chunkBytes=4096',
    );
    expect(answer).toMatchObject({
      status: 422,
      body: { code: 'data_unreadable', detail: expect.stringMatching(/^line 4001: expected JSON/) },
    });
    const broken = `${csv}1,2,3\r\n`;
    const line = csv.split('\n').length;
    expect(await aggregate(broken, 'text/csv', 'fields=amount&chunkBytes=4096')).toMatchObject({
      status: 422,
      body: { detail: expect.stringContaining(`line ${line}: expected 2 cells`) },
    });
  });

  it.each([
    [Buffer.from('amount,city\n1,Oslo\n2,\xe9\n', 'latin1'), 'line 3: expected UTF-8, got other bytes'],
    ['amount,town\n1,Oslo\n', 'line 1: expected a column "city", got "amount", "town"'],
  ])('says what is wrong with %j', async (text, detail) => {
    expect(await aggregate(text, 'text/csv', 'fields=amount&groupBy=city')).toMatchObject({
      status: 422,
      body: { code: 'data_unreadable', detail },
    });
  });

  it.each([
    ['application/json', 'fields=a', 415],
    ['text/csv', 'fields=a,a', 422],
    ['text/csv', 'columns=a', 422],
    ['text/csv', 'chunkBytes=1', 422],
  ])('is refused as %s with %s', async (type, query, status) => {
    expect((await aggregate('a\n1\n', type, query)).status).toBe(status);
  });
});
