import { availableParallelism } from 'node:os';
import type { Task } from '@heddle/client';
import { z } from 'zod';
import { fitsPattern } from './fit-pattern.ts';

const EVENT_LOOP_SLOTS = 100;
const MOST_SLOTS = 10_000;
const EXPECTED = `expected numbers from 1 to ${MOST_SLOTS} with commas between, each after a task or a pattern such as "image.*=2", or alone for all tasks`;

/** So many jobs at once, of each task that fits the pattern. */
export interface SlotRule {
  readonly pattern: string;
  readonly slots: number;
}

/** `HEDDLE_CONCURRENCY`: such as `4`, or `image.*=2,web.title=50`. */
export const slotsSetting = z
  .string()
  .default('')
  .transform((text, context): SlotRule[] => {
    const rules = text
      .split(',')
      .map((entry) => entry.trim())
      .filter((entry) => entry !== '')
      .map(readRule);
    if (rules.every((rule) => rule !== undefined)) return rules;
    context.addIssue({ code: 'custom', message: EXPECTED });
    return z.NEVER;
  });

function readRule(entry: string): SlotRule | undefined {
  const [, pattern = '*', digits = ''] = /^(?:([a-z0-9.*-]+)\s*=\s*)?(\d{1,5})$/.exec(entry) ?? [];
  const slots = Number(digits);
  return slots >= 1 && slots <= MOST_SLOTS ? { pattern, slots } : undefined;
}

/** How many jobs of a task run at once in this worker: what the first rule that fits says, else the task, else its pool. */
export function countSlots(
  { name, concurrency, pool }: Pick<Task, 'name' | 'concurrency' | 'pool'>,
  rules: readonly SlotRule[],
): number {
  const rule = rules.find(({ pattern }) => fitsPattern(name, pattern));
  if (rule) return rule.slots;
  return concurrency ?? (pool === 'event-loop' ? EVENT_LOOP_SLOTS : availableParallelism());
}
