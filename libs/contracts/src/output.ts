import { z } from 'zod';
import { describeIssues, issuesOf } from './error.ts';
import { type OutputDescription, outputDescriptionSchema } from './event.ts';
import { jobIdSchema } from './job.ts';
import { type Decoded, header, parseJson, type ReceivedMessage, type WireMessage } from './message.ts';

/** An output's bytes on their way to the recorder. */
export interface OutputMessage extends Pick<OutputDescription, 'name' | 'type' | 'bytes' | 'sha256'> {
  readonly job: string;
  readonly run: string;
  readonly body: Buffer;
}

/**
 * One message of outputs that one run made, their bytes one after the other: small ones travel together, because each
 * message costs broker and recorder more than some kilobytes do. At least one.
 */
export function encodeOutputs(outputs: readonly [OutputMessage, ...OutputMessage[]]): WireMessage<'output'> {
  const [{ job, run, name, body }] = outputs;
  const list = outputs.map((output) => ({
    name: output.name,
    type: output.type,
    bytes: output.body.length,
    sha256: output.sha256,
  }));
  return {
    kind: 'output',
    body: outputs.length === 1 ? body : Buffer.concat(outputs.map((output) => output.body)),
    properties: {
      contentType: 'application/octet-stream',
      type: 'output',
      messageId: `${job}/${run}/${name}`,
      headers: { [header.job]: job, [header.run]: run, [header.outputs]: JSON.stringify(list) },
    },
  };
}

const listSchema = z
  .array(outputDescriptionSchema.pick({ name: true, type: true, bytes: true, sha256: true }))
  .min(1);

/** The headers of a message of outputs. */
export const outputHeadersSchema = z.object({
  [header.job]: jobIdSchema,
  [header.run]: z.string().min(1).max(100),
  [header.outputs]: z.string().meta({
    description:
      'A JSON array of `{name, type, bytes, sha256}`, one for each output, in the order of their bytes.',
  }),
});

/** Reads a message of outputs; the hashes are the caller's to check. */
export function decodeOutputs(message: ReceivedMessage): Decoded<OutputMessage[]> {
  const headers = outputHeadersSchema.safeParse(message.properties.headers ?? {});
  if (!headers.success) return { ok: false, reason: `header ${describeIssues(issuesOf(headers.error))}` };
  const { [header.job]: job, [header.run]: run, [header.outputs]: text } = headers.data;
  const json = parseJson(Buffer.from(text));
  if (!json.ok) return { ok: false, reason: `header ${header.outputs}: ${json.reason}` };
  const list = listSchema.safeParse(json.value);
  if (!list.success)
    return { ok: false, reason: `header ${describeIssues(issuesOf(list.error, header.outputs))}` };
  const expected = list.data.reduce((sum, { bytes }) => sum + bytes, 0);
  if (expected !== message.body.length) {
    return { ok: false, reason: `body: expected ${expected} bytes, got ${message.body.length}` };
  }
  let at = 0;
  return {
    ok: true,
    value: list.data.map((output) => {
      const body = message.body.subarray(at, at + output.bytes);
      at += output.bytes;
      return { ...output, job, run, body };
    }),
  };
}
