import {
  DEFAULT_LANES,
  describeIssues,
  durationSchema,
  errorCodeSchema,
  explainIssue,
  HeddleError,
  issuesOf,
  type Limit,
  type LimitInput,
  limitSchema,
  MAX_LANES,
  type PoolKind,
  poolKinds,
  type RetryInput,
  type RetryOptions,
  retrySchema,
  stateKeySchema,
  taskNameSchema,
} from '@heddle/contracts';
import { z } from 'zod';
import type { KeyedState } from './define-state.ts';
import type { SerialContext, SerialResult, SerialTask } from './serial-task.ts';
import type { TaskContext } from './task-context.ts';

/** A task as its author writes it. `I` is the checked input, `O` the result, `In` the input as a client sends it. */
export interface TaskDefinition<I, O, In = unknown> {
  /** Dotted lower-case words, such as `image.thumbnail`; also the routing key of its jobs. */
  readonly name: string;
  /** For people; at most 1,000 characters. */
  readonly description?: string | undefined;
  /** Checked before the handler runs; without async refinements. */
  readonly input: z.ZodType<I, In>;
  /** If given, a result that does not fit ends the job with `invalid_output`. */
  readonly output?: z.ZodType<O> | undefined;
  /** `json` (default): the message body is the input. `bytes`: the body is bytes, and the input travels beside it. */
  readonly body?: 'json' | 'bytes' | undefined;
  /**
   * Where the handler runs. `event-loop` (default): for handlers that wait. `thread`: for JavaScript that computes.
   * `process`: for native code and whatever may crash or eat memory; it takes only itself down.
   */
  readonly pool?: PoolKind | undefined;
  /** How long one attempt may run: milliseconds, or text such as `"30s"`. Default `"5m"`; a job can ask for another. */
  readonly timeout?: number | string | undefined;
  /**
   * How often a job is tried and how long it rests in between, such as `{attempts: 5, delay: '2s'}`; what is left out has
   * the defaults of `retrySchema`: one attempt, exponential from 1 s. A job can ask for another policy. An error that the
   * handler throws can overrule it: `retryable: false` ends the job as failed, `retryAfterMs` says how long to rest.
   */
  readonly retry?: RetryInput | undefined;
  /**
   * Codes of the errors that the handler throws, at most 30: what counts them is there from the start, at 0, so that even the
   * first one shows in a rate. Those in `retry.codes` need not stand here, and others are counted from their first on.
   */
  readonly errorCodes?: readonly string[] | undefined;
  /**
   * How long result and outputs are kept after a success: milliseconds, or text such as `"1h"`; `0`: hardly at all. Default: as
   * long as the job. A job can ask for another.
   */
  readonly resultTtl?: number | string | undefined;
  /** Jobs at once in one worker, 1 to 10,000. Default: 100 on the event loop, one a core in threads and processes. */
  readonly concurrency?: number | undefined;
  /**
   * What holds for all workers together, such as `{concurrency: 5}` or `{rate: {count: 100, per: '1s'}}` or both: jobs that
   * run at the same time, and jobs that are begun, retries included. Each up to 1,000. Default: no limit.
   */
  readonly limit?: LimitInput | undefined;
  /**
   * Fair shares between tenants: who has jobs waiting gets its share of the workers' time, however many jobs others have.
   * Jobs take one way more through the broker. Default: first come, first served.
   */
  readonly fair?: FairShares<I> | undefined;
  run(context: TaskContext<I>): Promise<O> | O;
}

/** A task whose jobs run one at a time and in order for each key, and may keep state by key. `S` is the state. */
export interface SerialTaskDefinition<I, O, In = unknown, S = undefined>
  extends Omit<TaskDefinition<I, O, In>, 'run' | 'body'> {
  readonly body?: 'json' | undefined;
  /** The key of a job, 1 to 200 characters: such as the account that it is about. */
  readonly serialBy: (input: I) => string | number;
  /** What `defineState` has made. Tasks that share a state run one at a time and see each other's changes. */
  readonly state?: KeyedState<S> | undefined;
  /** How many workers can share the keys at most, 1 to 64; 4 by default. May be raised later, never lowered. */
  readonly partitions?: number | undefined;
  /**
   * Returns the result, which leaves the state as it is; or `commit(state, result)`; or `waitForChange({ … })`. May run
   * more than once for one job, but only one run takes effect, together with the job's end.
   */
  run(context: SerialContext<I, S>): Promise<SerialResult<S, O>> | SerialResult<S, O>;
}

const DEFAULT_PARTITIONS = 4;

/** Whose jobs are to be told apart, and how. */
export interface FairShares<I> {
  /** Whose job it is, such as `(input) => input.tenant`. Called with the checked input; text is cut after 200 characters. Of a chunk, with its first input. */
  by(input: I, job: { readonly tags: readonly string[] }): string | number;
  /** Queues that tenants are spread over, 2 to 64: as many tenants as usually have jobs waiting at the same time. Default 8. */
  readonly lanes?: number | undefined;
  /** A tenant's share in comparison with others, from 0.01 to 100; what is outside is brought into that. Default 1 for everybody. */
  weight?(tenant: string): number;
}

/** Found on every task, also on one that another copy of this library has made. */
const TASK = Symbol.for('heddle.task');

/** A task with its defaults filled in. */
export interface Task<I = unknown, O = unknown, In = unknown> {
  readonly [TASK]: true;
  readonly name: string;
  readonly description: string | undefined;
  readonly input: z.ZodType<I, In>;
  readonly output: z.ZodType<O> | undefined;
  readonly body: 'json' | 'bytes';
  readonly pool: PoolKind;
  readonly timeoutMs: number;
  /** Durations in milliseconds; absent: the defaults. */
  readonly retry: RetryOptions | undefined;
  /** Of the errors that its handler is known to throw; of a task that an older copy of this library has made, absent. */
  readonly errorCodes?: readonly string[];
  /** Absent: results are kept as long as their jobs. */
  readonly resultTtlMs: number | undefined;
  /** Absent: the pool's own default. */
  readonly concurrency: number | undefined;
  /** Absent: none. Durations in milliseconds. */
  readonly limit: Limit | undefined;
  /** Absent: its jobs run side by side. */
  readonly serial: SerialTask | undefined;
  /** Absent: first come, first served. */
  readonly fair: TaskShares<I> | undefined;
  run(context: TaskContext<I>): Promise<O> | O;
}

/** Fair shares with defaults filled in. */
export interface TaskShares<I = unknown> {
  by(input: I, job: { readonly tags: readonly string[] }): string | number;
  readonly lanes: number;
  weight(tenant: string): number;
}

/** Of those that a task says it gives; as many as are told apart of any task. */
const MOST_CODES = 30;

const isFunction = (value: unknown): boolean => typeof value === 'function';
const aFunction = z.custom<(...given: never[]) => unknown>(isFunction, { error: 'expected a function' });

const zodSchema = z.custom<z.ZodType>(
  (value) =>
    typeof value === 'object' &&
    value !== null &&
    typeof (value as { safeParse?: unknown }).safeParse === 'function',
  { error: 'expected a zod schema' },
);

const definitionSchema = z
  .strictObject({
    name: taskNameSchema,
    description: z.string().max(1_000).optional(),
    input: zodSchema,
    output: zodSchema.optional(),
    body: z.enum(['json', 'bytes']).default('json'),
    pool: z.enum(poolKinds).default('event-loop'),
    timeout: durationSchema.default(300_000),
    retry: retrySchema.optional(),
    errorCodes: z.array(errorCodeSchema).max(MOST_CODES).default([]),
    resultTtl: durationSchema.optional(),
    concurrency: z.int().min(1).max(10_000).optional(),
    limit: limitSchema.optional(),
    fair: z
      .strictObject({
        by: aFunction,
        lanes: z.int().min(2).max(MAX_LANES).default(DEFAULT_LANES),
        weight: aFunction.optional(),
      })
      .optional(),
    serialBy: z.custom<(input: unknown) => unknown>(isFunction, { error: 'expected a function' }).optional(),
    state: z
      .custom<KeyedState>((value) => typeof value === 'object' && value !== null && 'schema' in value, {
        error: 'expected what defineState has made',
      })
      .optional(),
    partitions: z.int().min(1).max(64).optional(),
    run: aFunction,
  })
  .superRefine(({ serialBy, state, partitions, body, limit, fair }, context) => {
    const refuse = (path: string, message: string) =>
      context.addIssue({ code: 'custom', path: [path], message });
    if (serialBy && body === 'bytes') refuse('body', 'expected "json" beside serialBy');
    if (serialBy && limit) refuse('limit', 'expected none beside serialBy');
    if (serialBy && fair) refuse('fair', 'expected none beside serialBy');
    if (!serialBy && state) refuse('state', 'expected it together with serialBy only');
    if (!serialBy && partitions !== undefined)
      refuse('partitions', 'expected it together with serialBy only');
  });

const LEAST_WEIGHT = 0.01;
const MOST_WEIGHT = 100;

/**
 * Defines a task. Throws `invalid_task` naming each field that is wrong.
 *
 * ```ts
 * export const add = defineTask({
 *   name: 'math.add',
 *   input: z.object({ a: z.number(), b: z.number() }),
 *   run: ({ input }) => input.a + input.b,
 * });
 * ```
 */
export function defineTask<I, O, In, S = undefined>(
  definition: SerialTaskDefinition<I, O, In, S>,
): Task<I, O, In>;
export function defineTask<I, O, In>(definition: TaskDefinition<I, O, In>): Task<I, O, In>;
export function defineTask<I, O, In>(definition: TaskDefinition<I, O, In>): Task<I, O, In> {
  const parsed = definitionSchema.safeParse(definition, { error: explainIssue });
  if (!parsed.success) {
    const issues = issuesOf(parsed.error);
    const name = JSON.stringify((definition as { name?: unknown } | undefined)?.name);
    throw new HeddleError('invalid_task', `task ${name}: ${describeIssues(issues)}`, { issues });
  }
  const { name, description, body, pool, timeout, retry, resultTtl, concurrency, limit, fair } = parsed.data;
  const { errorCodes } = parsed.data;
  return Object.freeze({
    [TASK]: true as const,
    name,
    description,
    input: definition.input,
    output: definition.output,
    body,
    pool,
    timeoutMs: timeout,
    retry,
    errorCodes: [...new Set([...Object.keys(retry?.codes ?? {}), ...errorCodes])],
    resultTtlMs: resultTtl,
    concurrency,
    limit,
    serial: serialOf(parsed.data),
    fair: fair && sharesOf(definition.fair, fair.lanes),
    run: (context: TaskContext<I>) => definition.run(context),
  });
}

function serialOf({
  name,
  serialBy,
  state,
  partitions = DEFAULT_PARTITIONS,
}: z.output<typeof definitionSchema>): SerialTask | undefined {
  if (!serialBy) return undefined;
  return Object.freeze({
    keyOf: (input: unknown) => keyOf(name, serialBy, input),
    stateName: state?.name ?? name,
    state,
    partitions,
  });
}

function keyOf(task: string, serialBy: (input: unknown) => unknown, input: unknown): string {
  let given: unknown;
  try {
    given = serialBy(input);
  } catch (error) {
    throw new HeddleError('invalid_key', `serialBy of ${task} threw: ${String(error)}`, { cause: error });
  }
  const key = stateKeySchema.safeParse(typeof given === 'number' ? String(given) : given, {
    error: explainIssue,
  });
  if (key.success) return key.data;
  throw new HeddleError('invalid_key', `serialBy of ${task}: ${describeIssues(issuesOf(key.error))}`);
}

function sharesOf<I>(given: FairShares<I> | undefined, lanes: number): TaskShares<I> | undefined {
  if (!given) return undefined;
  return {
    by: (input, job) => given.by(input, job),
    lanes,
    weight: (tenant) => {
      const weight = given.weight?.(tenant) ?? 1;
      return Number.isFinite(weight) ? Math.min(Math.max(weight, LEAST_WEIGHT), MOST_WEIGHT) : 1;
    },
  };
}

/** Whether a value, such as a module's export, is a task. */
export function isTask(value: unknown): value is Task {
  return typeof value === 'object' && value !== null && TASK in value;
}
