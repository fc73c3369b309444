import type { GatewayParts } from '../gateway-parts.ts';
import { answerJson } from './answer.ts';
import type { Handler } from './route.ts';

/** `GET /healthz`: the process answers. */
export function healthz(): Handler {
  return (_request, response) => answerJson(response, 200, { status: 'ok' });
}

/** `GET /readyz`: 503 with the reasons while the gateway cannot do its work. */
export function readyz({ notReady }: Pick<GatewayParts, 'notReady'>): Handler {
  return (_request, response) => {
    const reasons = notReady();
    const ready = reasons.length === 0;
    answerJson(response, ready ? 200 : 503, { ready, reasons });
  };
}
