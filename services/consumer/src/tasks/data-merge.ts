import { defineTask } from '@heddle/client';
import { aggregateSchema, mergeInputSchema, partialAggregateSchema } from '@heddle/contracts';
import { z } from 'zod';
import { Aggregate } from '../data/aggregate-rows.ts';

export const dataMerge = defineTask({
  name: 'data.merge',
  description:
    'Makes one of several partial results of `data.aggregate`, exactly what all their rows together would have given.',
  input: mergeInputSchema,
  output: z.union([aggregateSchema, partialAggregateSchema]),
  pool: 'thread',
  timeout: '5m',
  errorCodes: ['data_unreadable', 'data_too_many_groups'],
  run: ({ input: { partials, partial, ...spec } }) => {
    const aggregate = new Aggregate(spec);
    for (const part of partials) aggregate.merge(part);
    return partial ? aggregate.partial() : aggregate.result();
  },
});
