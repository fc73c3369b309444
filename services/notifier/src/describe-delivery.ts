import { deriveJobId, type NewJob } from '@heddle/client';
import { type JobEvent, MAX_RECORDED_INPUT_BYTES, WEBHOOK_TASK, webhookSchema } from '@heddle/contracts';
import { z } from 'zod';

/** The input of a delivery: what is posted, and where to. */
export const deliveryInputSchema = z.strictObject({
  url: webhookSchema.shape.url,
  event: z.record(z.string(), z.unknown()),
});

/** Beside the result: error, outputs and the envelope. */
const ROOM_BYTES = 64 * 1024;

/**
 * The delivery that an event asks for: a job, if the event ends one that has a webhook. Its id derives from the job and
 * its generation, so that an event that comes twice makes one delivery; it is also the `webhook-id` that receivers see.
 */
export function describeDelivery(event: JobEvent): NewJob | undefined {
  if (!('webhook' in event) || event.type === 'accepted' || event.webhook === undefined) return undefined;
  const { job: id, task, type: state } = event;
  const data = { id, task, state, ...resultOf(event), ...errorOf(event), ...outputsOf(event) };
  return {
    id: deriveJobId(id, `webhook/${event.generation}`),
    task: WEBHOOK_TASK,
    traceparent: event.traceparent,
    input: {
      url: event.webhook.url,
      event: { type: `job.${state}`, timestamp: new Date(event.at).toISOString(), data },
    },
    tags: [`webhook:${id}`.slice(0, 100)],
  };
}

/** A long result is left out: receivers get it from `GET /v1/jobs/{id}`, and the delivery can be replayed. */
function resultOf(event: JobEvent): object {
  if (event.type !== 'succeeded') return {};
  const { result = null } = event;
  const bytes = Buffer.byteLength(JSON.stringify(result));
  return bytes > MAX_RECORDED_INPUT_BYTES - ROOM_BYTES ? { resultOmitted: true } : { result };
}

function errorOf(event: JobEvent): object {
  if (!('error' in event) || event.error === undefined) return {};
  const { code, message } = event.error;
  return { error: { code, message: message.slice(0, 4_000) } };
}

function outputsOf(event: JobEvent): object {
  if (event.type !== 'succeeded' || event.outputs === undefined) return {};
  return { outputs: event.outputs.map(({ name, type, bytes, sha256 }) => ({ name, type, bytes, sha256 })) };
}
