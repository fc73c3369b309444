import type { IncomingMessage } from 'node:http';
import { JobSubmitter } from '@heddle/client';
import { HeddleError } from '@heddle/contracts';
import type { GatewayParts } from '../gateway-parts.ts';
import { requireMediaType } from '../http/media-type.ts';
import { problemOf } from '../http/problem.ts';
import { BODY_IDLE_MS, tooLarge } from '../http/read-body.ts';
import type { Handler } from '../http/route.ts';
import { acceptJob } from './asked-job.ts';
import { requireBroker } from './enqueue-job.ts';
import { OrderedAnswers } from './ordered-answers.ts';
import { prepareJob } from './prepare-job.ts';
import { type Line, LineSplitter } from './split-lines.ts';
import { isKeyed, submitKeyed } from './submit-keyed.ts';

const NDJSON_TYPES = ['application/x-ndjson', 'application/ndjson', 'application/jsonl'];

/** Lines of one request that are on their way to the broker at once. */
const WINDOW = 500;
/** How long a line waits for a broker that is away or blocked; a stream is held up rather than refused. */
const SUBMIT_TIMEOUT_MS = 10_000;

/**
 * `POST /v1/jobs/bulk`: a job a line, an answer a line, in order. Reads only as fast as the broker confirms and the
 * client takes the answers; holds one unfinished line and a window of jobs, whatever the length of the stream.
 */
export function submitBulk(parts: GatewayParts): Handler {
  // A stream outlasts a short absence of the broker, where a single request would be told at once.
  const submitter = new JobSubmitter(parts.broker, { timeoutMs: SUBMIT_TIMEOUT_MS });
  return async (request, response) => {
    requireMediaType(request, NDJSON_TYPES);
    requireBroker(parts.broker.state);
    response.writeHead(200, {
      'Content-Type': 'application/x-ndjson; charset=utf-8',
      'X-Content-Type-Options': 'nosniff',
      'Cache-Control': 'no-store',
    });
    response.flushHeaders();
    const answers = new OrderedAnswers(response, WINDOW);
    let number = 0;
    try {
      for await (const line of heldLines(request, parts)) {
        await answers.room();
        answers.add(answerLine(parts, submitter, line, ++number));
      }
    } catch (error) {
      if (response.destroyed) return;
      // The stream broke off or there was no room: said on a line of its own, after all others.
      answers.add(Promise.resolve(lineOf({ line: ++number, error: problemOf(error) })));
    }
    await answers.finish().catch(() => undefined);
    response.end();
  };
}

type HeldLine = Line & { readonly release: () => void };

/** The request's lines; the bytes of each are held in `admission` until it is released. */
async function* heldLines(request: IncomingMessage, parts: GatewayParts): AsyncGenerator<HeldLine> {
  const { admission, maxMessageBytes } = parts;
  const splitter = new LineSplitter(maxMessageBytes);
  /** Bytes of the unfinished line that are held already. */
  let held = 0;
  const hold = async (bytes: number) => {
    if (bytes > held) await admission.takeInTurn(bytes - held);
    else admission.release(held - bytes);
    held = bytes;
  };
  const hand = async (line: Line): Promise<HeldLine> => {
    const bytes = 'bytes' in line ? line.bytes.length : 0;
    await hold(bytes);
    held = 0;
    return { ...line, release: () => admission.release(bytes) };
  };
  try {
    for await (const chunk of chunksOf(request)) {
      for (const line of splitter.push(chunk)) yield await hand(line);
      await hold(splitter.pendingBytes);
    }
    for (const line of splitter.end()) yield await hand(line);
  } finally {
    admission.release(held);
  }
}

async function* chunksOf(request: IncomingMessage): AsyncGenerator<Buffer> {
  const chunks = request[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
  for (;;) {
    const idle = setTimeout(() => {
      request.destroy(new HeddleError('invalid_request', `body: nothing came for ${BODY_IDLE_MS} ms`));
    }, BODY_IDLE_MS);
    const next = await chunks.next().finally(() => clearTimeout(idle));
    if (next.done) return;
    yield next.value;
  }
}

async function answerLine(
  parts: GatewayParts,
  submitter: JobSubmitter,
  line: HeldLine,
  number: number,
): Promise<string> {
  try {
    if ('tooLong' in line) throw tooLarge(parts.maxMessageBytes, 'more');
    const asked = await prepareJob(line.bytes, parts.tasks);
    const { id } = isKeyed(asked, undefined)
      ? await submitKeyed(parts.recorder, undefined, asked)
      : await submitter.submit(acceptJob(asked));
    return lineOf({ line: number, id });
  } catch (error) {
    const problem = problemOf(error);
    if (problem.code === 'internal_error')
      parts.log.error({ err: error, line: number }, 'a bulk line failed');
    return lineOf({ line: number, error: problem });
  } finally {
    line.release();
  }
}

function lineOf(value: unknown): string {
  return `${JSON.stringify(value)}\n`;
}
