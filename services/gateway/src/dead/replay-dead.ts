import { HeddleError, replayBodySchema } from '@heddle/contracts';
import type { GatewayParts } from '../gateway-parts.ts';
import { answerJson } from '../http/answer.ts';
import { readJsonBody } from '../http/read-json-body.ts';
import type { Handler } from '../http/route.ts';

/** A full `limit` of jobs takes the recorder some seconds. */
export const SELECTION_TIMEOUT_MS = 60_000;

type Parts = Pick<GatewayParts, 'recorder' | 'tasks' | 'admission' | 'maxMessageBytes'>;

/** `POST /v1/dead/replay` */
export function replayDead(parts: Parts): Handler {
  const { recorder } = parts;
  return async (request, response) => {
    const { all: _, limit, input, ...select } = await readJsonBody(request, replayBodySchema, parts);
    const [id] = select.ids ?? [];
    if (input !== undefined && id !== undefined) await checkInput(parts, id, input);
    const replayed = await recorder.ask(
      { op: 'replay', select, limit, ...(input !== undefined && { input }) },
      { timeoutMs: SELECTION_TIMEOUT_MS },
    );
    const [skipped] = replayed.skipped;
    if (select.ids?.length === 1 && skipped) {
      throw new HeddleError('not_replayable', `job ${skipped.id}: ${skipped.reason}`);
    }
    answerJson(response, 200, replayed, { 'Cache-Control': 'no-store' });
  };
}

/** The input that a job is to go with instead of its own must fit its task. */
async function checkInput({ recorder, tasks }: Parts, id: string, input: unknown): Promise<void> {
  const { task } = await recorder.ask({ op: 'job', id });
  const { checkInput } = await tasks.find(task);
  checkInput(input);
}
