import { describeIssues, type Issue, issuesOf } from './error.ts';
import { splitLaneKey } from './fair.ts';
import { DEFAULT_PRIORITY, type Job, jobHeadersSchema, jobIdSchema, MAX_PRIORITY } from './job.ts';
import { type Decoded, header, parseJson, type ReceivedMessage } from './message.ts';
import { SUSPECT_SUFFIX, taskNameSchema } from './task.ts';

type Writable<T> = { -readonly [Field in keyof T]: T[Field] };

/** The field of a job that each header fills. */
const fieldOf = {
  [header.attempt]: 'attempt',
  [header.generation]: 'generation',
  [header.acceptedAt]: 'acceptedAt',
  [header.dueAt]: 'dueAt',
  [header.accepted]: 'accepted',
  [header.tags]: 'tags',
  [header.timeout]: 'timeoutMs',
  [header.retry]: 'retry',
  [header.deadline]: 'deadline',
  [header.resultTtl]: 'resultTtlMs',
  [header.waiting]: 'waiting',
  [header.webhook]: 'webhook',
  [header.guard]: 'guard',
  [header.crashes]: 'crashes',
  [header.batch]: 'batch',
  [header.chunk]: 'chunk',
  [header.follow]: 'follow',
  // Read with the body, beside which it stands.
  [header.input]: undefined,
  [header.traceparent]: 'traceparent',
} as const satisfies Record<keyof typeof jobHeadersSchema.shape, keyof Job | undefined>;

const readers = new Map(
  Object.entries(jobHeadersSchema.shape).map(([name, schema]) => [
    name,
    { schema, field: fieldOf[name as keyof typeof fieldOf] },
  ]),
);

/**
 * Reads a job's message. A message without `message_id` gives a job with id `''`: whoever reads it must adopt it
 * (publish it again under an id of its own) before running it.
 */
export function decodeJob(message: ReceivedMessage): Decoded<Job> {
  const { properties } = message;
  const id = properties.messageId ?? '';
  if (id !== '' && !jobIdSchema.safeParse(id).success) {
    return { ok: false, reason: 'message_id: expected 1 to 200 printable ASCII characters' };
  }
  const { key: routingKey } = splitLaneKey(message.routingKey);
  const isSuspect = routingKey.endsWith(SUSPECT_SUFFIX);
  const task = taskNameSchema.safeParse(isSuspect ? routingKey.slice(0, -SUSPECT_SUFFIX.length) : routingKey);
  if (!task.success) return { ok: false, reason: `routing key: ${describeIssues(issuesOf(task.error))}` };
  if (properties.type !== undefined && properties.type !== task.data) {
    return { ok: false, reason: `type: expected the routing key "${task.data}", got "${properties.type}"` };
  }
  // All fields in one order, so that what reads jobs meets one kind of object.
  const job: Writable<Job> = {
    id,
    task: task.data,
    input: undefined,
    bytes: undefined,
    priority: Math.min(Math.max(properties.priority ?? DEFAULT_PRIORITY, 0), MAX_PRIORITY),
    generation: 0,
    attempt: 1,
    tags: [],
    acceptedAt: properties.timestamp ?? Date.now(),
    dueAt: undefined,
    accepted: false,
    timeoutMs: undefined,
    retry: undefined,
    deadline: undefined,
    resultTtlMs: undefined,
    waiting: undefined,
    webhook: undefined,
    guard: undefined,
    crashes: undefined,
    batch: undefined,
    chunk: undefined,
    follow: undefined,
    traceparent: undefined,
    replyTo: properties.replyTo,
    correlationId: properties.correlationId,
  };
  const headers = properties.headers ?? {};
  const fault = readHeaders(headers, job) ?? readInput(message, headers[header.input], job);
  return fault === undefined ? { ok: true, value: job } : { ok: false, reason: fault };
}

/** Fills in what the headers say, or tells what is wrong with them. Most jobs have three; zod's own object would look at each that could be there. */
function readHeaders(
  headers: Readonly<Record<string, unknown>>,
  job: Partial<Record<keyof Job, unknown>>,
): string | undefined {
  const issues: Issue[] = [];
  for (const name in headers) {
    const reader = readers.get(name);
    if (!reader) continue;
    const parsed = reader.schema.safeParse(headers[name]);
    if (!parsed.success) issues.push(...issuesOf(parsed.error, name));
    else if (reader.field !== undefined && parsed.data !== false) job[reader.field] = parsed.data;
  }
  return issues.length > 0 ? `header ${describeIssues(issues)}` : undefined;
}

/** `beside`: the header with the input of a job whose body is bytes. */
function readInput(message: ReceivedMessage, beside: unknown, job: Writable<Job>): string | undefined {
  const { contentType = 'application/json' } = message.properties;
  const isJson = contentType.startsWith('application/json');
  const text = parseJson(isJson ? message.body : Buffer.from(typeof beside === 'string' ? beside : '{}'));
  if (!text.ok) return isJson ? text.reason : `header ${header.input}: ${text.reason}`;
  job.input = text.value;
  if (!isJson) job.bytes = { body: message.body, type: contentType };
  return undefined;
}
