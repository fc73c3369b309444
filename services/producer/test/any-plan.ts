import { newJobId } from '@heddle/client';
import type { BatchPlan } from '@heddle/contracts';

export function anyPlan(fields: Partial<BatchPlan> = {}): BatchPlan {
  return {
    id: newJobId(),
    task: 'debug.echo',
    total: 3,
    onFailure: 'collect',
    options: {},
    acceptedAt: Date.now(),
    ...fields,
  };
}
