import { batchListQuerySchema, batchResultsQuerySchema, HeddleError, jobIdSchema } from '@heddle/contracts';
import type { GatewayParts } from '../gateway-parts.ts';
import { answerJson } from '../http/answer.ts';
import { check } from '../http/check.ts';
import { readQuery } from '../http/read-query.ts';
import type { Handler } from '../http/route.ts';
import { viewBatch } from './view-batch.ts';

type Parts = Pick<GatewayParts, 'recorder'>;

const FRESH = { 'Cache-Control': 'no-store' };

/** `GET /v1/batches/{id}` */
export function showBatch({ recorder }: Parts): Handler {
  return async (_request, response, { id }) => {
    answerJson(response, 200, viewBatch(await recorder.ask({ op: 'batch', id: requireBatchId(id) })), FRESH);
  };
}

/** `GET /v1/batches` */
export function listBatches({ recorder }: Parts): Handler {
  return async (request, response) => {
    const { limit, cursor } = check(batchListQuerySchema, readQuery(request));
    const { batches, next } = await recorder.ask({
      op: 'batches',
      limit,
      ...(cursor !== undefined && { cursor }),
    });
    answerJson(response, 200, { batches: batches.map(viewBatch), next }, FRESH);
  };
}

/** `GET /v1/batches/{id}/results`: in the order of the inputs; jobs that are not made yet are not there. */
export function listBatchResults({ recorder }: Parts): Handler {
  return async (request, response, { id }) => {
    const { first, limit } = check(batchResultsQuerySchema, readQuery(request));
    const batch = requireBatchId(id);
    const [{ counts }, { results }] = await Promise.all([
      recorder.ask({ op: 'batch', id: batch }),
      recorder.ask({ op: 'batch-results', id: batch, first, limit }),
    ]);
    // A page of large results ends early.
    const after = (results.at(-1)?.index ?? counts.total) + 1;
    const shown = results.map(({ result = null, error = null, ...job }) => ({ ...job, result, error }));
    answerJson(response, 200, { results: shown, next: after < counts.total ? after : null }, FRESH);
  };
}

/** `DELETE /v1/batches/{id}`: cancels what is left of it; jobs that run end when their workers have stopped them. */
export function cancelBatch({ recorder }: Parts): Handler {
  return async (_request, response, { id }) => {
    const batch = await recorder.ask({ op: 'cancel-batch', id: requireBatchId(id) });
    answerJson(response, 200, viewBatch(batch), FRESH);
  };
}

export function requireBatchId(id: string | undefined): string {
  const parsed = jobIdSchema.safeParse(id);
  if (parsed.success) return parsed.data;
  throw new HeddleError(
    'batch_not_found',
    'there is no batch of this id: expected 1 to 200 printable ASCII characters',
  );
}
