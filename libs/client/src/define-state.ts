import { describeIssues, explainIssue, HeddleError, issuesOf, stateNameSchema } from '@heddle/contracts';
import { z } from 'zod';

/** State that each key of a serial task has, as its author writes it. */
export interface StateDefinition<S> {
  /** Lower-case words such as `ledger`. Tasks that use states of the same name share them. */
  readonly name: string;
  /** What a state looks like. It is JSON, at most 256 KiB. Checked when it is read and before it is written. */
  readonly schema: z.ZodType<S>;
  /** The state of a key that has none yet. */
  readonly initial: NoInfer<S>;
}

/** State by key, which the recorder keeps. */
export interface KeyedState<S = unknown> {
  readonly name: string;
  readonly schema: z.ZodType<S>;
  readonly initial: S;
}

const definitionSchema = z.strictObject({
  name: stateNameSchema,
  schema: z.custom<z.ZodType>(
    (value) =>
      typeof value === 'object' &&
      value !== null &&
      typeof (value as { safeParse?: unknown }).safeParse === 'function',
    { error: 'expected a zod schema' },
  ),
  initial: z.unknown(),
});

/**
 * Defines state by key. Throws `invalid_task` naming each field that is wrong.
 *
 * ```ts
 * const account = defineState({ name: 'ledger', schema: z.object({ balance: z.int() }), initial: { balance: 0 } });
 * ```
 */
export function defineState<S>(definition: StateDefinition<S>): KeyedState<S> {
  const parsed = definitionSchema.safeParse(definition, { error: explainIssue });
  if (!parsed.success) {
    const issues = issuesOf(parsed.error);
    throw new HeddleError('invalid_task', `state: ${describeIssues(issues)}`, { issues });
  }
  const initial = definition.schema.safeParse(definition.initial, { error: explainIssue });
  if (!initial.success) {
    const issues = issuesOf(initial.error, 'initial');
    throw new HeddleError('invalid_task', `state "${definition.name}": ${describeIssues(issues)}`, {
      issues,
    });
  }
  return Object.freeze({
    name: definition.name,
    schema: definition.schema,
    initial: initial.data,
  });
}

/** A state as it was kept, with the schema's defaults filled in; the initial one for a key that has none. Throws `invalid_state`. */
export function parseState<S>(state: KeyedState<S>, kept: unknown): S {
  const parsed = state.schema.safeParse(kept === undefined ? structuredClone(state.initial) : kept, {
    error: explainIssue,
  });
  if (parsed.success) return parsed.data;
  const issues = issuesOf(parsed.error, 'state');
  const message = `a state of "${state.name}" does not fit its schema: ${describeIssues(issues)}`;
  throw new HeddleError('invalid_state', message, { issues });
}
