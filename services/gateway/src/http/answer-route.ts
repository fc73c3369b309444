import type { IncomingMessage, ServerResponse } from 'node:http';
import type { BrokerLog } from '@heddle/broker';
import { answerError } from './answer.ts';
import type { Handler } from './route.ts';

/** Runs a handler; whatever it throws becomes a problem answer, and our own faults are logged. */
export async function answerRoute(
  handle: Handler,
  request: IncomingMessage,
  response: ServerResponse,
  parameters: Readonly<Record<string, string>>,
  log: BrokerLog,
): Promise<void> {
  try {
    await handle(request, response, parameters);
  } catch (error) {
    const problem = answerError(request, response, error);
    if (problem.code === 'internal_error') {
      log.error({ err: error, method: request.method, url: request.url }, 'a request failed');
    }
  }
}
