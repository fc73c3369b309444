/**
 * Every error that Heddle gives to people, in one table. `docs/errors.md` describes each; a test compares the two.
 *
 * - `status`: the HTTP status when the gateway answers with it.
 * - `retryable`: whether the same request, or another attempt at the same job, may well succeed.
 * - `title`: what it means, in one line; the `detail` of a problem says what was expected and what came.
 */
export const errorTable = {
  // The request
  malformed_request: { status: 400, retryable: false, title: 'What came is no HTTP request' },
  headers_too_large: { status: 431, retryable: false, title: 'The headers of the request are too large' },
  request_timeout: { status: 408, retryable: false, title: 'The request did not come in time' },
  invalid_json: { status: 400, retryable: false, title: 'The body is not JSON' },
  invalid_request: { status: 422, retryable: false, title: 'A field is missing, unknown or wrong' },
  invalid_input: { status: 422, retryable: false, title: "The input does not fit the task's schema" },
  invalid_cursor: { status: 422, retryable: false, title: 'The cursor is not one that Heddle gave out' },
  unknown_task: { status: 404, retryable: false, title: 'No worker has ever announced this task' },
  job_not_found: { status: 404, retryable: false, title: 'There is no such job' },
  output_not_found: { status: 404, retryable: false, title: 'The job has no such output' },
  route_not_found: { status: 404, retryable: false, title: 'There is no such route' },
  method_not_allowed: { status: 405, retryable: false, title: 'The route does not know this method' },
  payload_too_large: { status: 413, retryable: false, title: 'The body is larger than a message may be' },
  result_expired: {
    status: 410,
    retryable: false,
    title: 'The result and the outputs are gone: their time was over',
  },
  unsupported_media_type: {
    status: 415,
    retryable: false,
    title: 'The route does not take this content type',
  },
  range_not_satisfiable: { status: 416, retryable: false, title: 'The range lies outside the output' },
  idempotency_key_reused: {
    status: 422,
    retryable: false,
    title: 'The idempotency key was used with another payload',
  },
  key_in_use: { status: 409, retryable: false, title: 'An unfinished job of this task has the same key' },
  not_cancellable: { status: 409, retryable: false, title: 'The job has ended already' },
  not_replayable: { status: 409, retryable: false, title: 'The job is not dead, or its input was not kept' },
  batch_not_found: { status: 404, retryable: false, title: 'There is no such batch' },
  schedule_not_found: { status: 404, retryable: false, title: 'There is no such schedule' },
  // The system
  broker_unavailable: { status: 503, retryable: true, title: 'The broker cannot be reached' },
  broker_blocked: {
    status: 503,
    retryable: true,
    title: 'The broker has raised a memory or disk alarm and takes no messages',
  },
  confirm_timeout: { status: 503, retryable: true, title: 'The broker did not confirm the message in time' },
  publish_nacked: { status: 503, retryable: true, title: 'The broker refused the message' },
  publish_returned: { status: 503, retryable: true, title: 'No queue takes the message' },
  overloaded: { status: 503, retryable: true, title: 'Too much is in flight already' },
  recorder_unavailable: { status: 503, retryable: true, title: 'The recorder did not answer in time' },
  recorder_behind: {
    status: 503,
    retryable: true,
    title: 'The recorder has not caught up with this job yet',
  },
  shutting_down: { status: 503, retryable: true, title: 'The service is shutting down' },
  internal_error: { status: 500, retryable: false, title: 'Something in Heddle is broken' },
  // The message
  unreadable_message: { status: 422, retryable: false, title: 'The message cannot be read' },
  unroutable_message: { status: 422, retryable: false, title: 'No queue is bound for the message' },
  message_expired: {
    status: 422,
    retryable: false,
    title: 'The message outlived its expiration before a worker took it',
  },
  message_too_large: { status: 413, retryable: false, title: 'The message is larger than a message may be' },
  // The job
  task_failed: { status: 500, retryable: true, title: "The task's handler threw" },
  timed_out: { status: 500, retryable: true, title: 'The attempt ran longer than its timeout' },
  cancelled: { status: 500, retryable: false, title: 'Somebody cancelled the job' },
  expired: { status: 500, retryable: false, title: 'No worker took the job within its time to live' },
  webhook_refused: {
    status: 500,
    retryable: false,
    title: 'The webhook address is not allowed, or told us to stop',
  },
  webhook_failed: { status: 500, retryable: true, title: 'The webhook did not answer with success' },
  crashed: { status: 500, retryable: true, title: 'The process or thread that ran the job ended' },
  out_of_memory: { status: 500, retryable: true, title: 'The job used more memory than its process may' },
  invalid_output: { status: 500, retryable: false, title: "The task's result does not fit its own schema" },
  invalid_task: { status: 500, retryable: false, title: "A task's definition is wrong" },
  output_too_large: {
    status: 500,
    retryable: false,
    title: 'A result or output is larger than a message may be',
  },
  // The web
  web_refused: { status: 422, retryable: false, title: 'The URL leads to where tasks may not fetch from' },
  web_failed: {
    status: 502,
    retryable: true,
    title: 'The server gave no whole answer, or one that may pass',
  },
  web_status: { status: 502, retryable: false, title: 'The server gave an answer that is no success' },
  web_too_large: { status: 502, retryable: false, title: 'The page or file is larger than asked for' },
  // Futures, locks and queues
  value_error: {
    status: 422,
    retryable: false,
    title: 'A name, a size or a time is not one that is allowed',
  },
  runtime_error: { status: 409, retryable: false, title: 'This cannot be done with the object now' },
  lease_lost: { status: 409, retryable: false, title: 'The lease ended before it was released' },
  queue_empty: { status: 409, retryable: false, title: 'There is nothing in the queue to get' },
  queue_full: { status: 409, retryable: false, title: 'There is no room in the queue' },
  queue_shut_down: { status: 409, retryable: false, title: 'The queue takes and gives no more' },
  broken_barrier: { status: 409, retryable: false, title: 'The barrier is broken' },
  deadlock: { status: 409, retryable: false, title: 'Those who wait for locks wait for each other' },
  wait_timed_out: { status: 504, retryable: false, title: 'What was waited for did not come in time' },
  // Data
  data_unreadable: { status: 422, retryable: false, title: 'A line of the data is no row' },
  data_too_many_groups: { status: 422, retryable: false, title: 'The data has too many groups' },
  // Keyed state
  invalid_key: { status: 422, retryable: false, title: 'What the task takes for the key of a job is none' },
  invalid_state: { status: 500, retryable: false, title: "A key's state does not fit the task's schema" },
  state_too_large: { status: 500, retryable: false, title: 'The state of a key is larger than it may be' },
  too_many_waiters: {
    status: 503,
    retryable: true,
    title: 'Too many jobs wait for the same key to change',
  },
  insufficient_funds: { status: 422, retryable: false, title: 'The account does not have the amount' },
  event_not_found: { status: 404, retryable: false, title: 'No tickets were ever opened for this event' },
  sold_out: { status: 409, retryable: false, title: 'The event has not enough seats left' },
  seats_taken: { status: 409, retryable: false, title: 'More seats are reserved than the event would have' },
  // Images
  folder_refused: {
    status: 422,
    retryable: false,
    title: 'The folder is none that may be read, or holds no files',
  },
  file_unreadable: { status: 422, retryable: false, title: 'The file cannot be read' },
  image_unrecognised: { status: 422, retryable: false, title: 'The bytes are no image that Heddle knows' },
  image_format_refused: {
    status: 422,
    retryable: false,
    title: 'The image format is one that Heddle does not open',
  },
  image_corrupt: { status: 422, retryable: false, title: 'The image is damaged or cut short' },
  model_unavailable: { status: 503, retryable: true, title: 'The model cannot be loaded' },
  image_too_large: { status: 422, retryable: false, title: 'The image has too many pixels' },
} as const satisfies Record<string, { status: number; retryable: boolean; title: string }>;

export type ErrorCode = keyof typeof errorTable;

/** Whether a code that came from elsewhere, such as a task's own, is one of the table. */
export function isErrorCode(code: string): code is ErrorCode {
  return Object.hasOwn(errorTable, code);
}

/** The one error class. `message` says what was expected and what came; `code` is for programs, and never changes. */
export class HeddleError extends Error {
  override readonly name: string = 'HeddleError';
  readonly code: ErrorCode;
  /** Where in the input it went wrong, and what was expected there. */
  readonly issues: readonly Issue[];

  constructor(
    code: ErrorCode,
    message: string,
    options: { cause?: unknown; issues?: readonly Issue[] } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.issues = options.issues ?? [];
  }

  get status(): number {
    return errorTable[this.code].status;
  }

  get retryable(): boolean {
    return errorTable[this.code].retryable;
  }
}

/** One fault in an input: a path such as `input.sizes.0` and what was expected there. */
export interface Issue {
  readonly path: string;
  readonly message: string;
}

/** The issues of a zod error, with dotted paths; at most `limit` of them. */
export function issuesOf(
  error: { readonly issues: readonly { readonly path: readonly PropertyKey[]; readonly message: string }[] },
  prefix = '',
  limit = 20,
): Issue[] {
  return error.issues.slice(0, limit).map((issue) => {
    const path = issue.path.map(String).join('.');
    return { path: prefix && path ? `${prefix}.${path}` : prefix || path, message: issue.message };
  });
}

/** Issues in one line: `input.sizes.0: expected int; priority: …`. */
export function describeIssues(issues: readonly Issue[]): string {
  return issues.map((issue) => (issue.path ? `${issue.path}: ${issue.message}` : issue.message)).join('; ');
}
