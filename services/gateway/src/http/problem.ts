import { type ErrorCode, errorTable, HeddleError, type Issue, type Problem } from '@heddle/contracts';

/** Seconds after which a refused request may well succeed, by what was in the way. */
const RETRY_AFTER_SECONDS: Partial<Record<ErrorCode, number>> = {
  broker_unavailable: 2,
  broker_blocked: 5,
  recorder_unavailable: 2,
};

/** Says what went wrong as RFC 9457 has it. What is no `HeddleError` is our own fault, and its words stay inside. */
export function problemOf(error: unknown): Problem {
  const known = asHeddleError(error);
  const { status, title } = errorTable[known.code];
  return {
    type: `urn:heddle:error:${known.code}`,
    title,
    status,
    detail: known.message,
    code: known.code,
    ...(known.issues.length > 0 && { errors: known.issues.map((issue: Issue) => ({ ...issue })) }),
  };
}

export function retryAfterSeconds(code: ErrorCode): number | undefined {
  return errorTable[code].status === 503 ? (RETRY_AFTER_SECONDS[code] ?? 1) : undefined;
}

function asHeddleError(error: unknown): HeddleError {
  if (error instanceof HeddleError) return error;
  if (error instanceof URIError) {
    return new HeddleError('invalid_request', 'the path: expected valid percent-encoding of UTF-8');
  }
  return new HeddleError('internal_error', 'the gateway failed; its log says more', { cause: error });
}
