import type { IncomingMessage } from 'node:http';
import { acceptJob, JobSubmitter } from '@heddle/client';
import { HeddleError } from '@heddle/contracts';
import type { GatewayParts } from '../gateway-parts.ts';
import { requireMediaType } from '../http/media-type.ts';
import { problemOf } from '../http/problem.ts';
import { tooLarge } from '../http/read-body.ts';
import type { Handler } from '../http/route.ts';
import { traceparentOf } from '../http/traceparent.ts';
import { requireBroker } from './enqueue-job.ts';
import { type HeldLine, heldLines } from './held-lines.ts';
import { OrderedAnswers } from './ordered-answers.ts';
import { prepareJob } from './prepare-job.ts';
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
  const bulk = { ...parts, submitter: new JobSubmitter(parts.broker, { timeoutMs: SUBMIT_TIMEOUT_MS }) };
  return async (request, response) => {
    requireMediaType(request, NDJSON_TYPES);
    refuseIdempotencyKey(request);
    requireBroker(parts.broker.state);
    response.writeHead(200, {
      'Content-Type': 'application/x-ndjson; charset=utf-8',
      'X-Content-Type-Options': 'nosniff',
      'Cache-Control': 'no-store',
    });
    response.flushHeaders();
    const answers = new OrderedAnswers(response, WINDOW);
    let number = 0;
    const traceparent = traceparentOf(request.headers['traceparent']);
    try {
      for await (const line of heldLines(request, parts)) {
        await answers.room();
        answers.add(answerLine(bulk, line, ++number, traceparent));
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

/** Passed over, it would let a client repeat all its jobs in the belief that they are made once. */
function refuseIdempotencyKey({ headers }: IncomingMessage): void {
  if (headers['idempotency-key'] === undefined) return;
  throw new HeddleError(
    'invalid_request',
    'header Idempotency-Key: expected none with jobs in bulk, which are each on their own; a line may have a "key", and a batch (POST /v1/batches) takes the header',
  );
}

async function answerLine(
  parts: Pick<GatewayParts, 'maxMessageBytes' | 'tasks' | 'recorder' | 'log'> & { submitter: JobSubmitter },
  line: HeldLine,
  number: number,
  traceparent: string | undefined,
): Promise<string> {
  try {
    if ('tooLong' in line) throw tooLarge(parts.maxMessageBytes, 'more');
    const asked = { ...(await prepareJob(line.bytes, parts.tasks)), traceparent };
    const { id } = isKeyed(asked, undefined)
      ? await submitKeyed(parts.recorder, undefined, asked)
      : await parts.submitter.submit(acceptJob(asked));
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
