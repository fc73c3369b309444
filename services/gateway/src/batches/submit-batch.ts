import type { GatewayParts } from '../gateway-parts.ts';
import { answerJson } from '../http/answer.ts';
import { requireMediaType } from '../http/media-type.ts';
import { readBody } from '../http/read-body.ts';
import type { Handler } from '../http/route.ts';
import { requireBroker } from '../jobs/enqueue-job.ts';
import { planBatch } from './plan-batch.ts';
import { BATCH_TYPES, readBatch } from './read-batch.ts';

/** The recorder cuts a full message of inputs into chunks in one transaction. */
const CREATE_TIMEOUT_MS = 30_000;

type Parts = Pick<GatewayParts, 'broker' | 'recorder' | 'tasks' | 'admission' | 'maxMessageBytes'>;

/** `POST /v1/batches`: 202 when the recorder has committed the batch and what will expand it. */
export function submitBatch({ broker, recorder, tasks, admission, maxMessageBytes }: Parts): Handler {
  return async (request, response) => {
    requireMediaType(request, BATCH_TYPES);
    const body = await readBody(request, maxMessageBytes, admission);
    try {
      requireBroker(broker.state);
      const create = await planBatch(readBatch(request, body), tasks);
      const { id } = await recorder.ask(create, { timeoutMs: CREATE_TIMEOUT_MS });
      const { task, total } = create.plan;
      answerJson(response, 202, { id, task, state: 'running', total }, { Location: `/v1/batches/${id}` });
    } finally {
      admission.release(body.length);
    }
  };
}
