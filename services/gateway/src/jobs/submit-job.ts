import type { GatewayParts } from '../gateway-parts.ts';
import { answerJson } from '../http/answer.ts';
import { untilGone } from '../http/gone.ts';
import { requireMediaType } from '../http/media-type.ts';
import { waitWish } from '../http/prefer.ts';
import { readBody } from '../http/read-body.ts';
import type { Handler } from '../http/route.ts';
import { traceparentOf } from '../http/traceparent.ts';
import { type EnqueueOptions, enqueueJob } from './enqueue-job.ts';
import { prepareJob } from './prepare-job.ts';
import { idempotencyKeyOf } from './submit-keyed.ts';

const JSON_TYPES = ['application/json'];

/** `POST /v1/jobs`: the hot route. */
export function submitJob(parts: GatewayParts): Handler {
  const { admission, maxMessageBytes, tasks, draining } = parts;
  return async (request, response) => {
    requireMediaType(request, JSON_TYPES);
    const idempotencyKey = idempotencyKeyOf(request.headers['idempotency-key']);
    const waitMs = waitWish(request);
    const body = await readBody(request, maxMessageBytes, admission);
    const { id, task, state, waited } = await enqueue(body, {
      idempotencyKey,
      waitMs,
      signal: () => untilGone(response, draining),
      traceparent: traceparentOf(request.headers['traceparent']),
    });
    const now = await waited;
    const Location = `/v1/jobs/${id}`;
    if (now?.ended) answerJson(response, 200, now.ended, { Location, 'Preference-Applied': 'wait' });
    else answerJson(response, 202, { id, task, state: now?.state ?? state }, { Location });
  };

  async function enqueue(body: Buffer, options: EnqueueOptions & { traceparent: string | undefined }) {
    try {
      const job = await prepareJob(body, tasks);
      const enqueued = await enqueueJob(parts, { ...job, traceparent: options.traceparent }, options);
      return { ...enqueued, task: job.task };
    } finally {
      // While the client waits for the job's end, its body's room is somebody else's.
      admission.release(body.length);
    }
  }
}
