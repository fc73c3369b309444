import { z } from 'zod';
import { expansionPlanSchema } from './batch.ts';
import { describeIssues, issuesOf } from './error.ts';
import { jobIdSchema } from './job.ts';
import { type Decoded, parseJson, type ReceivedMessage, type WireMessage } from './message.ts';

/** What the recorder hands to the producers. Each may come twice; ids of jobs derive from batch and index, so that it makes no second job. */
export const producerMessageSchema = z.discriminatedUnion('type', [
  /** Jobs `first` … `first + inputs.length - 1` of a batch. */
  z.object({
    type: z.literal('expand-list'),
    plan: expansionPlanSchema,
    first: z.int().min(0),
    inputs: z.array(z.unknown()),
  }),
  /** Jobs from `first` on of a batch over a range of numbers: the producer does some and hands the rest on. */
  z.object({
    type: z.literal('expand-range'),
    plan: expansionPlanSchema,
    first: z.int().min(0),
    from: z.int(),
    to: z.int(),
    chunk: z.int().min(1),
    input: z.record(z.string(), z.unknown()),
  }),
  /** Find the files of a batch over a folder, and give them to the recorder. */
  z.object({ type: z.literal('list-folder'), plan: expansionPlanSchema }),
  /** A producer has started: whoever gets it is the one that ticks the schedules. */
  z.object({ type: z.literal('wake') }),
  /** Every job of the batch has ended: start its reduce job. */
  z.object({ type: z.literal('batch-complete'), plan: expansionPlanSchema, reduceJob: jobIdSchema }),
]);
export type ProducerMessage = z.infer<typeof producerMessageSchema>;

export function encodeProducerMessage(
  message: ProducerMessage,
  messageId: string,
): WireMessage<'production'> {
  return {
    kind: 'production',
    body: Buffer.from(JSON.stringify(message)),
    properties: { contentType: 'application/json', type: 'production', messageId, timestamp: Date.now() },
  };
}

export function decodeProducerMessage(message: ReceivedMessage): Decoded<ProducerMessage> {
  const json = parseJson(message.body);
  if (!json.ok) return json;
  const parsed = producerMessageSchema.safeParse(json.value);
  if (!parsed.success) return { ok: false, reason: describeIssues(issuesOf(parsed.error, 'production')) };
  return { ok: true, value: parsed.data };
}
