import type { Task } from '@heddle/client';
import { HeddleError, type JsonSchema, type TaskAnnouncement } from '@heddle/contracts';
import { z } from 'zod';

/** What the system is told about a task. Throws `invalid_task` when a schema cannot be written as JSON Schema. */
export function describeTask(task: Task): TaskAnnouncement {
  return {
    name: task.name,
    ...(task.description !== undefined && { description: task.description }),
    pool: task.pool,
    timeoutMs: task.timeoutMs,
    ...(task.retry && { retry: task.retry }),
    ...(task.limit && { limit: task.limit }),
    ...(task.fair && { fair: { lanes: task.fair.lanes } }),
    ...(task.resultTtlMs !== undefined && { resultTtlMs: task.resultTtlMs }),
    body: task.body,
    ...(task.serial && { serial: { state: task.serial.stateName, partitions: task.serial.partitions } }),
    inputSchema: toJsonSchema(task, 'input'),
    ...(task.output && { outputSchema: toJsonSchema(task, 'output') }),
  };
}

/** The side that travels: inputs as clients send them, results as clients get them. What JSON Schema cannot say is left open. */
function toJsonSchema(task: Task, side: 'input' | 'output'): JsonSchema {
  const schema = task[side] ?? z.unknown();
  try {
    return z.toJSONSchema(schema, {
      io: side,
      unrepresentable: 'any',
      // Zod's names for its registry are no JSON Schema keyword, and strict validators refuse them.
      override: ({ jsonSchema }) => delete jsonSchema['id'],
    });
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new HeddleError('invalid_task', `task "${task.name}": ${side} as JSON Schema: ${reason}`, {
      cause: error,
    });
  }
}
