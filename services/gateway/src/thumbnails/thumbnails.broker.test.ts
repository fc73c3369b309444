import { createHash } from 'node:crypto';
import { connect } from 'node:net';
import type { JobView, Problem } from '@heddle/contracts';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { type InProcessService, InProcessStack } from '../../../../test/support/in-process-stack.ts';

let stack: InProcessStack;
let gateway: InProcessService;

/** A red dot. */
const PNG = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg==',
  'base64',
);
const MAX = 200_000;

beforeAll(async () => {
  stack = await InProcessStack.open();
  await stack.startRecorder();
  gateway = await stack.startGateway({ HEDDLE_MAX_MESSAGE_BYTES: String(MAX) });
  await stack.startWorker('image.thumbnail');
});
afterAll(() => stack.stop());

const post = (body: string | Buffer | FormData, headers: Record<string, string> = {}, query = '') =>
  fetch(`${gateway.url}/v1/thumbnails${query}`, { method: 'POST', body, headers });

const picture = (bytes: Buffer) => new Blob([new Uint8Array(bytes)], { type: 'image/png' });

describe('an image as the body', () => {
  it('becomes a job', async () => {
    const response = await post(
      PNG,
      { 'content-type': 'image/png' },
      '?sizes=32,64&format=webp&tag=a&tag=b&priority=9',
    );
    const { id } = (await response.json()) as { id: string };
    expect([response.status, response.headers.get('location')]).toEqual([202, `/v1/jobs/${id}`]);
    await expect
      .poll(async () => (await fetch(`${gateway.url}/v1/jobs/${id}`)).json())
      .toMatchObject({
        state: 'succeeded',
        task: 'image.thumbnail',
        input: { sizes: [32, 64], format: 'webp' },
        body: { type: 'image/png', bytes: PNG.length },
        tags: ['a', 'b'],
        priority: 9,
        outputs: [{ name: '32.webp' }, { name: '64.webp' }],
      });
  });

  it('can be waited for', async () => {
    const response = await post(PNG, { 'content-type': 'application/octet-stream', prefer: 'wait=100' });
    expect(response.status).toBe(200);
    expect(await response.json()).toMatchObject({
      state: 'succeeded',
      outputs: [{ name: '32.png' }, { name: '64.png' }, { name: '128.png' }],
    });
  });

  it('that is none ends its job with the reason', async () => {
    const response = await post('no image', { 'content-type': 'image/png', prefer: 'wait=100' });
    expect(await response.json()).toMatchObject({ state: 'failed', error: { code: 'image_unrecognised' } });
  });

  it('is the same job again under the same Idempotency-Key', async () => {
    const headers = { 'content-type': 'image/png', 'idempotency-key': `picture-${Date.now()}` };
    const ids = [];
    for (let n = 0; n < 2; n++) ids.push(((await (await post(PNG, headers)).json()) as { id: string }).id);
    expect(ids[0]).toBe(ids[1]);
    const other = await post(Buffer.concat([PNG, PNG]), headers);
    expect(((await other.json()) as Problem).code).toBe('idempotency_key_reused');
  });

  it.each([
    ['nothing', '', 'image/png', '', 422, 'invalid_request'],
    ['JSON', '{}', 'application/json', '', 415, 'unsupported_media_type'],
    ['a form that is none', 'x', 'application/x-www-form-urlencoded', '', 415, 'unsupported_media_type'],
    ['too much', Buffer.alloc(MAX + 1), 'image/png', '', 413, 'payload_too_large'],
    ['with words for sizes', 'x', 'image/png', '?sizes=small', 422, 'invalid_request'],
    ['with a size twice', 'x', 'image/png', '?sizes=32,32', 422, 'invalid_request'],
    ['with a size of nothing', 'x', 'image/png', '?sizes=0', 422, 'invalid_request'],
    ['with an unknown format', 'x', 'image/png', '?format=bmp', 422, 'invalid_request'],
    ['with an unknown parameter', 'x', 'image/png', '?colour=red', 422, 'invalid_request'],
    ['with a NUL in a tag', 'x', 'image/png', '?tag=%00', 422, 'invalid_request'],
  ])('%s is refused', async (_, body, type, query, status, code) => {
    const response = await post(body, { 'content-type': type }, query);
    expect([response.status, ((await response.json()) as Problem).code]).toEqual([status, code]);
  });
});

describe('a form with many images', () => {
  it('gives the same jobs again under the same Idempotency-Key, also if it broke off before', async () => {
    const headers = { 'idempotency-key': `form-${Date.now()}` };
    const send = async (files: readonly Buffer[]) => {
      const form = new FormData();
      for (const file of files) form.append('file', picture(file), 'picture.png');
      const { jobs } = (await (await post(form, headers)).json()) as {
        jobs: { id?: string; error?: Problem }[];
      };
      return jobs.map(({ id, error }) => id ?? error?.code);
    };
    const [first] = await send([PNG]);
    const [again, second] = await send([PNG, PNG]);
    expect(again).toBe(first);
    expect(second).not.toBe(first);
    expect(await send([PNG, Buffer.concat([PNG, PNG])])).toEqual([first, 'idempotency_key_reused']);
  });

  it('becomes a job a file, in order; a bad file is answered in its place', async () => {
    const form = new FormData();
    for (let n = 0; n < 5; n++) form.append('file', picture(PNG), `picture ${n} ü.png`);
    form.append('file', picture(Buffer.alloc(MAX + 1)), 'large.png');
    form.append('file', picture(Buffer.alloc(0)), 'empty.png');
    form.append('note', 'no file');
    form.append('file', picture(PNG), 'last.png');
    const response = await post(form);
    expect(response.status).toBe(202);
    const { jobs } = (await response.json()) as { jobs: { name: string; id?: string; error?: Problem }[] };
    expect(jobs.map(({ name, id, error }) => `${name}: ${id === undefined ? error?.code : 'job'}`)).toEqual([
      'picture 0 ü.png: job',
      'picture 1 ü.png: job',
      'picture 2 ü.png: job',
      'picture 3 ü.png: job',
      'picture 4 ü.png: job',
      'large.png: payload_too_large',
      'empty.png: invalid_request',
      'last.png: job',
    ]);
  });

  it('can be waited for', async () => {
    const form = new FormData();
    for (let n = 0; n < 3; n++) form.append('file', picture(PNG), `${n}.png`);
    const response = await post(form, { prefer: 'wait=100' }, '?sizes=8');
    const { jobs } = (await response.json()) as { jobs: { job: JobView }[] };
    expect(response.status).toBe(200);
    expect(jobs.map(({ job }) => job.state)).toEqual(['succeeded', 'succeeded', 'succeeded']);
  });

  it('without a file is refused', async () => {
    const form = new FormData();
    form.append('note', 'x');
    const response = await post(form);
    expect([response.status, ((await response.json()) as Problem).code]).toEqual([422, 'invalid_request']);
  });

  it.each([
    ['without a boundary', 'multipart/form-data', 'x'],
    [
      'that ends too early',
      'multipart/form-data; boundary=b',
      '--b\r\ncontent-disposition: form-data; name="file"\r\n',
    ],
    ['of rubbish', 'multipart/form-data; boundary=b', 'rubbish'],
  ])('%s is refused', async (_, type, body) => {
    const response = await post(body, { 'content-type': type });
    expect([response.status, ((await response.json()) as Problem).code]).toEqual([422, 'invalid_request']);
  });

  it('that breaks off keeps the jobs of the files before', async () => {
    const file = `--b\r\ncontent-disposition: form-data; name="file"; filename="a.png"\r\ncontent-type: image/png\r\n\r\n`;
    const body = Buffer.concat([Buffer.from(file), PNG, Buffer.from(`\r\n${file}cut`)]);
    const response = await post(body, { 'content-type': 'multipart/form-data; boundary=b' });
    const { jobs } = (await response.json()) as { jobs: { name: string; id?: string; error?: Problem }[] };
    expect(response.status).toBe(202);
    expect(jobs[0]).toMatchObject({ name: 'a.png', id: expect.any(String) });
    expect(jobs.at(-1)?.error?.code).toBe('invalid_request');
  });

  it('that ends in the middle of a picture is refused as broken', async () => {
    const form =
      '--b\r\ncontent-disposition: form-data; name="f"; filename="a.png"\r\ncontent-type: image/png\r\n\r\nhalf a pict';
    const response = await post(form, { 'content-type': 'multipart/form-data; boundary=b' });
    const { jobs } = (await response.json()) as { jobs: { name: string; error?: Problem }[] };
    expect(jobs[0]).toMatchObject({ name: 'a.png', error: { status: 422, code: 'invalid_request' } });
  });

  it('whose client leaves in the middle does no harm', async () => {
    const socket = connect(Number(new URL(gateway.url).port), '127.0.0.1');
    socket.write(
      'POST /v1/thumbnails HTTP/1.1\r\nhost: x\r\ncontent-type: multipart/form-data; boundary=b\r\ncontent-length: 5000\r\n\r\n--b\r\ncontent-disposition: form-data; name="f"; filename="a"\r\n\r\nxx',
    );
    await vi.waitFor(() => expect(socket.bytesWritten).toBeGreaterThan(0), { timeout: 30_000 });
    socket.destroy();
    await expect.poll(async () => (await fetch(`${gateway.url}/readyz`)).status).toBe(200);
  });
});

describe('an output', () => {
  let href: string;
  let whole: Buffer;
  let sha256: string;

  beforeAll(async () => {
    const response = await post(PNG, { 'content-type': 'image/png', prefer: 'wait=100' }, '?sizes=32');
    const job = (await response.json()) as JobView;
    href = gateway.url + (job.outputs[0]?.href ?? '');
    sha256 = job.outputs[0]?.sha256 ?? '';
    // The recorder may hear of it after who waited for it.
    await vi.waitFor(async () => expect((await fetch(href)).status).toBe(200), { timeout: 30_000 });
    whole = Buffer.from(await (await fetch(href)).arrayBuffer());
  });

  it('is its bytes, with its type and digest, and nothing that a browser would run', async () => {
    const response = await fetch(href);
    expect(createHash('sha256').update(whole).digest('hex')).toBe(sha256);
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'content-type': 'image/png',
      'content-length': String(whole.length),
      etag: `"${sha256}"`,
      'accept-ranges': 'bytes',
      'x-content-type-options': 'nosniff',
      'content-disposition': 'inline; filename="32.png"',
      'content-security-policy': "default-src 'none'; sandbox",
    });
  });

  it('is not sent again to who has it', async () => {
    for (const tag of [`"${sha256}"`, `W/"${sha256}"`, `"other", "${sha256}"`, '*']) {
      const response = await fetch(href, { headers: { 'if-none-match': tag } });
      expect([response.status, (await response.arrayBuffer()).byteLength]).toEqual([304, 0]);
    }
    expect((await fetch(href, { headers: { 'if-none-match': '"other"' } })).status).toBe(200);
  });

  it('comes in parts', async () => {
    const part = async (range: string, more: Record<string, string> = {}) => {
      const response = await fetch(href, { headers: { range, ...more } });
      const bytes = Buffer.from(await response.arrayBuffer());
      return { status: response.status, bytes, range: response.headers.get('content-range') };
    };
    const size = whole.length;
    expect(await part('bytes=0-9')).toEqual({
      status: 206,
      bytes: whole.subarray(0, 10),
      range: `bytes 0-9/${size}`,
    });
    expect((await part('bytes=-5')).bytes).toEqual(whole.subarray(size - 5));
    expect((await part('bytes=5-')).bytes).toEqual(whole.subarray(5));
    expect((await part(`bytes=${size}-`)).range).toBe(`bytes */${size}`);
    expect((await part(`bytes=${size}-`)).status).toBe(416);
    expect((await part('bytes=0-9', { 'if-range': `"${sha256}"` })).status).toBe(206);
    expect((await part('bytes=0-9', { 'if-range': '"other"' })).status).toBe(200);
    expect((await part('bytes=0-1,3-4')).status).toBe(200);
  });

  it('tells its headers to HEAD', async () => {
    const response = await fetch(href, { method: 'HEAD' });
    expect([response.status, response.headers.get('content-length')]).toEqual([200, String(whole.length)]);
  });

  it('of another name is 404', async () => {
    const response = await fetch(href.replace('32.png', '33.png'));
    expect([response.status, ((await response.json()) as Problem).code]).toEqual([404, 'output_not_found']);
  });
});
