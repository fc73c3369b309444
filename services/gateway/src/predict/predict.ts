import type { IncomingMessage, ServerResponse } from 'node:http';
import { newJobId } from '@heddle/client';
import {
  decodeResult,
  HeddleError,
  isErrorCode,
  type JobResult,
  predictionsSchema,
  predictQuerySchema,
} from '@heddle/contracts';
import type { GatewayParts } from '../gateway-parts.ts';
import { answerJson } from '../http/answer.ts';
import { check } from '../http/check.ts';
import { untilGone } from '../http/gone.ts';
import { mediaTypeOf, refuseContentEncoding } from '../http/media-type.ts';
import { readBody } from '../http/read-body.ts';
import { readQuery } from '../http/read-query.ts';
import type { Handler } from '../http/route.ts';
import { traceparentOf } from '../http/traceparent.ts';
import { requireBroker } from '../jobs/enqueue-job.ts';
import { pictureType } from '../thumbnails/describe-thumbnails.ts';

const TASK = 'image.classify';
/** Somebody waits: before what was sent to be done some time. */
const PRIORITY = 7;
/** An answer that takes longer is of no use to a page; the job then expires unrun. */
const ANSWER_MS = 10_000;

/** `POST /v1/predict`: an image as the body; waits for what the model says of it. */
export function predict(parts: GatewayParts): Handler {
  let inFlight = 0;
  return async (request, response) => {
    // Before its body is read: who is refused at once can go elsewhere.
    if (inFlight >= parts.maxPredictions) {
      throw new HeddleError(
        'overloaded',
        `expected at most ${parts.maxPredictions} predictions at once, got more`,
      );
    }
    inFlight += 1;
    try {
      await answerPrediction(parts, request, response);
    } finally {
      inFlight -= 1;
    }
  };
}

async function answerPrediction(
  parts: GatewayParts,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const type = mediaTypeOf(request);
  if (!type.startsWith('image/') && type !== 'application/octet-stream') {
    const expected = 'expected Content-Type image/… or application/octet-stream';
    throw new HeddleError('unsupported_media_type', `${expected}, got ${type || 'none'}`);
  }
  refuseContentEncoding(request);
  const input = check(predictQuerySchema, readQuery(request));
  const task = parts.tasks.get(TASK) ?? (await parts.tasks.find(TASK));
  task.checkInput(input);
  const body = await readBody(request, parts.maxMessageBytes, parts.admission);
  try {
    if (body.length === 0)
      throw new HeddleError('invalid_request', 'expected an image as the body, got nothing');
    const { id, result } = await classify(parts, {
      input,
      bytes: { body, type: pictureType(type) },
      traceparent: traceparentOf(request.headers['traceparent']),
      gone: untilGone(response, parts.draining),
    });
    const { predictions } = predictionsSchema.parse(result);
    answerJson(response, 200, { success: true, predictions }, { Location: `/v1/jobs/${id}` });
  } finally {
    parts.admission.release(body.length);
  }
}

interface Asked {
  readonly input: unknown;
  readonly bytes: { readonly body: Buffer; readonly type: string };
  readonly traceparent: string | undefined;
  readonly gone: AbortSignal;
}

/** The result of a job of the task, straight from its worker. Throws the job's error, and `overloaded` when none comes in time. */
async function classify(parts: GatewayParts, asked: Asked): Promise<{ id: string; result: unknown }> {
  requireBroker(parts.broker.state);
  const replies = await parts.broker.replies();
  const id = newJobId();
  const abandoned = new AbortController();
  const signal = AbortSignal.any([asked.gone, abandoned.signal]);
  // Listens before the job is published: a fast worker's result may come before the confirm.
  const reply = replies.wait(id, ANSWER_MS, signal);
  reply.catch(() => undefined);
  try {
    await parts.submitter.submit({
      id,
      task: TASK,
      input: asked.input,
      bytes: asked.bytes,
      priority: PRIORITY,
      deadline: Date.now() + ANSWER_MS,
      traceparent: asked.traceparent,
      replyTo: replies.name,
      correlationId: id,
    });
    const message = await reply.catch(() => {
      throw new HeddleError('overloaded', `no worker had an answer within ${ANSWER_MS} ms: job ${id}`);
    });
    return { id, result: resultOf(decodeResult(message)) };
  } finally {
    abandoned.abort();
  }
}

function resultOf(decoded: ReturnType<typeof decodeResult>): unknown {
  if (!decoded.ok) throw new HeddleError('internal_error', `the worker's result: ${decoded.reason}`);
  const { state, result, error }: JobResult = decoded.value;
  if (state === 'succeeded') return result;
  if (state === 'expired') throw new HeddleError('overloaded', 'no worker was free in time');
  const code = error && isErrorCode(error.code) ? error.code : 'task_failed';
  throw new HeddleError(code, error?.message ?? `the job ended as ${state}`);
}
