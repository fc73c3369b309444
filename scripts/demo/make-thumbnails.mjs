import { createHash } from 'node:crypto';
import { mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

const WAIT_SECONDS = 30;
/** How long one image may take, with all its tries. */
const LIMIT_MS = 180_000;
const FIRST_BACK_OFF_MS = 200;
const LONGEST_BACK_OFF_MS = 5_000;
const POLL_MS = 250;
/** The gateway would refuse it after reading it; there is no need to. */
const MAX_BYTES = 16 * 1024 * 1024;

/** The image is the reason, not the system: its format is not opened, or it is broken or too large. */
const REFUSALS = new Set([
  'image_unrecognised',
  'image_format_refused',
  'image_corrupt',
  'image_too_large',
  'payload_too_large',
  'invalid_request',
]);

/**
 * One image through the stack and back.
 * @param {{url: string, file: string, target: string, sizes: readonly number[], signal: AbortSignal}} request
 * @returns {Promise<{outcome: 'made' | 'refused' | 'failed', thumbnails: number, reason?: string}>}
 */
export async function makeThumbnails({ url, file, target, sizes, signal }) {
  const { size } = await stat(file);
  if (size > MAX_BYTES) return refused('payload_too_large', `${size} bytes`);
  const body = await readFile(file);
  const deadline = Date.now() + LIMIT_MS;
  const post = {
    method: 'POST',
    headers: { 'content-type': 'application/octet-stream', prefer: `wait=${WAIT_SECONDS}` },
    body,
  };
  const answer = await ask(new URL(`/v1/thumbnails?sizes=${sizes.join(',')}`, url), post, deadline, signal);
  if (!answer.ok) return refused(answer.body.code, answer.body.detail);
  const job = await waitForEnd(url, answer.body, deadline, signal);
  if (job.state !== 'succeeded') return refused(job.error?.code ?? job.state, job.error?.message);
  await mkdir(target, { recursive: true });
  for (const output of job.outputs) {
    const answer = await askBytes(new URL(output.href, url), deadline, signal);
    if (!answer.ok) return refused(answer.problem.code, answer.problem.detail);
    if (createHash('sha256').update(answer.body).digest('hex') !== output.sha256) {
      return { outcome: 'failed', thumbnails: 0, reason: `${output.name} came back with other bytes` };
    }
    await writeFile(join(target, output.name), answer.body);
  }
  return { outcome: 'made', thumbnails: job.outputs.length };
}

function refused(code, detail) {
  const reason = [code, detail].filter(Boolean).join(': ');
  return { outcome: REFUSALS.has(code) ? 'refused' : 'failed', thumbnails: 0, reason };
}

async function waitForEnd(url, submitted, deadline, signal) {
  let job = submitted;
  while (!['succeeded', 'failed', 'dead', 'cancelled', 'expired'].includes(job.state)) {
    if (Date.now() > deadline) return { state: 'unfinished after 3 minutes' };
    await pause(POLL_MS, undefined, { signal });
    const answer = await ask(new URL(`/v1/jobs/${submitted.id}`, url), {}, deadline, signal);
    if (!answer.ok) return { state: answer.body.code };
    job = answer.body;
  }
  return job;
}

/** A request with its answer read; while the stack is full, away or behind, it is asked again, more and more slowly. */
async function ask(url, options, deadline, signal) {
  const response = await persist(url, options, deadline, signal);
  return { ok: response.ok, body: await response.json() };
}

async function askBytes(url, deadline, signal) {
  const response = await persist(url, {}, deadline, signal);
  if (!response.ok) return { ok: false, problem: await response.json() };
  return { ok: true, body: Buffer.from(await response.arrayBuffer()) };
}

async function persist(url, options, deadline, signal) {
  for (let backOffMs = FIRST_BACK_OFF_MS; ; backOffMs = Math.min(backOffMs * 2, LONGEST_BACK_OFF_MS)) {
    let retryAfterMs = 0;
    try {
      const response = await fetch(url, { ...options, signal });
      if (response.status !== 503 || Date.now() > deadline) return response;
      retryAfterMs = Number(response.headers.get('retry-after') ?? 0) * 1_000;
      await response.body?.cancel();
    } catch (error) {
      if (signal.aborted || Date.now() > deadline) throw error;
    }
    const waitMs = Math.min(Math.max(backOffMs, retryAfterMs), LONGEST_BACK_OFF_MS);
    await pause(waitMs * (0.5 + Math.random() / 2), undefined, { signal });
  }
}
