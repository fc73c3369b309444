/** `POST /v1/aggregate`, and the tasks `data.aggregate` and `data.merge` that do its work. */
import { z } from 'zod';
import { queryNumber } from './query-number.ts';

export const rowFormats = ['ndjson', 'csv'] as const;

const column = z
  .string()
  .min(1)
  .max(200)
  .refine((name) => name !== '__proto__', {
    error: 'expected any other name, got "__proto__"',
  });
const columns = (most: number) =>
  z
    .array(column)
    .max(most)
    .refine((names) => new Set(names).size === names.length, { error: 'expected each column once' });
const delimiter = z.enum([',', ';', '\t', '|']);

/** What to count and add up. */
export const aggregateSpecSchema = z.strictObject({
  /** Columns of numbers: count, sum, min, max and mean of each. */
  fields: columns(50).default([]),
  /** Columns whose values make a group; none: all rows are one. */
  groupBy: columns(10).default([]),
});
export type AggregateSpec = z.output<typeof aggregateSpecSchema>;

/** The input of `data.aggregate`, beside the rows themselves. */
export const aggregateInputSchema = aggregateSpecSchema.extend({
  format: z.enum(rowFormats).default('ndjson'),
  delimiter: delimiter.default(','),
  /** Line of the file on which the rows begin, for people who look for a fault. */
  firstLine: z.int().min(1).default(1),
  /** Whether the result is to be merged with others, by `data.merge`. */
  partial: z.boolean().default(false),
});

const numbersSchema = z.object({
  /** Rows that have a number there. */
  count: z.int(),
  sum: z.number(),
  /** Null: no row has a number there. */
  min: z.number().nullable(),
  max: z.number().nullable(),
  mean: z.number().nullable(),
});

export const aggregateSchema = z
  .object({
    rows: z.int(),
    /** In the order of their keys. */
    groups: z.array(
      z.object({
        /** The values of the columns that make the group; null: the row has none. */
        key: z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()])),
        rows: z.int(),
        fields: z.record(z.string(), numbersSchema),
      }),
    ),
  })
  .meta({ id: 'Aggregate' });
export type AggregateResult = z.infer<typeof aggregateSchema>;

const scalar = z.union([z.string(), z.number(), z.boolean(), z.null()]);

/** A result that others can be added to: `sum` is a list of doubles that together are the exact sum. */
export const partialAggregateSchema = z.object({
  rows: z.int(),
  groups: z.array(
    z.tuple([
      z.array(scalar),
      z.int(),
      z.array(z.tuple([z.int(), z.array(z.number()), z.number().nullable(), z.number().nullable()])),
    ]),
  ),
});
export type PartialAggregate = z.infer<typeof partialAggregateSchema>;

/** The input of `data.merge`. */
export const mergeInputSchema = aggregateSpecSchema.extend({
  partials: z.array(partialAggregateSchema).min(1).max(1_000),
  partial: z.boolean().default(false),
});

const list = z
  .union([z.string(), z.array(z.string())])
  .transform((given) => [given].flat().flatMap((names) => names.split(',')));

/** Query parameters of `POST /v1/aggregate`. */
export const aggregateQuerySchema = z.strictObject({
  /** Names with commas between, or the parameter again and again. */
  fields: list.pipe(aggregateSpecSchema.shape.fields.unwrap()).exactOptional(),
  groupBy: list.pipe(aggregateSpecSchema.shape.groupBy.unwrap()).exactOptional(),
  delimiter: delimiter.exactOptional(),
  /** Bytes of a chunk, about: 1 KiB to 8 MiB, and no more than a quarter of a message. */
  chunkBytes: queryNumber(z.int().min(1_024).max(8_388_608)).default(1_048_576),
});
