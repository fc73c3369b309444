import { createHash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { type BatchBody, batchBodySchema } from '@heddle/contracts';
import type { GatewayParts } from '../gateway-parts.ts';
import { answerJson } from '../http/answer.ts';
import { check } from '../http/check.ts';
import { requireMediaType } from '../http/media-type.ts';
import { readBody } from '../http/read-body.ts';
import { readJson } from '../http/read-json.ts';
import type { Handler } from '../http/route.ts';
import { traceparentOf } from '../http/traceparent.ts';
import { requireBroker } from '../jobs/enqueue-job.ts';
import { idempotencyKeyOf } from '../jobs/submit-keyed.ts';
import { type CreateBatch, type PlannedBatch, planBatch, sourceOf } from './plan-batch.ts';
import { BATCH_TYPES, isWholeBatch, readBatchQuery } from './read-batch.ts';
import { readSlices, type SlicedBody } from './read-slices.ts';
import { type Upload, uploadInputs, uploadSlices } from './upload-inputs.ts';

/** The recorder cuts a full message of inputs into chunks, or hands over all parts of an upload, in one transaction. */
const CREATE_TIMEOUT_MS = 60_000;

type Parts = Pick<
  GatewayParts,
  'broker' | 'recorder' | 'tasks' | 'admission' | 'maxMessageBytes' | 'draining'
>;

/**
 * `POST /v1/batches`: 202 when the recorder has committed the batch and what will expand it. NDJSON may have any length: it
 * is read only as fast as the recorder keeps it. Nothing of a batch is seen or run before its last input has come.
 */
export function submitBatch(parts: Parts): Handler {
  const { broker, recorder } = parts;
  return async (request, response) => {
    requireMediaType(request, BATCH_TYPES);
    const idempotencyKey = idempotencyKeyOf(request.headers['idempotency-key']);
    requireBroker(broker.state);
    const isKeyed = idempotencyKey !== undefined;
    const create = async ({ request, fingerprint }: ReadBatch) => {
      const key = isKeyed && fingerprint !== undefined && { idempotencyKey, fingerprint };
      return {
        ...(await recorder.ask({ ...request, ...key }, { timeoutMs: CREATE_TIMEOUT_MS })),
        plan: request.plan,
      };
    };
    const {
      id,
      repeated,
      plan: { task, total },
    } = isWholeBatch(request)
      ? await readWhole(request, parts, isKeyed, create)
      : await create(await readLines(request, parts, isKeyed));
    // One that was there before may have come far since.
    const state = repeated ? (await recorder.ask({ op: 'batch', id })).state : 'running';
    answerJson(response, 202, { id, task, state, total }, { Location: `/v1/batches/${id}` });
  };
}

interface ReadBatch {
  readonly request: CreateBatch;
  /** Of what was asked, if there is a key to keep it with. */
  readonly fingerprint: string | undefined;
}

/** From so many bytes on a body is read a slice at a time. */
const LONG_BYTES = 256 * 1024;

/** The body's bytes are held until `create` is done. */
async function readWhole<T>(
  request: IncomingMessage,
  parts: Parts,
  isKeyed: boolean,
  create: (batch: ReadBatch) => Promise<T>,
): Promise<T> {
  const body = await readBody(request, parts.maxMessageBytes, parts.admission);
  const traceparent = traceparentOf(request.headers['traceparent']);
  try {
    const sliced = body.length > LONG_BYTES ? await readSlices(body) : undefined;
    if (sliced) return await create(await readSliced(sliced, parts, isKeyed, traceparent));
    const asked = check(batchBodySchema, readJson(body));
    const { plan, checkInput } = await planBatch(asked, parts.tasks, traceparent);
    const { source, total } = await sourceOf(asked, checkInput);
    const { inputs, ...others } = asked;
    return await create({
      request: { op: 'create-batch', plan: { ...plan, total }, source },
      fingerprint: isKeyed ? fingerprintOf(others, inputs && digestOf(inputs)) : undefined,
    });
  } finally {
    parts.admission.release(body.length);
  }
}

/** A list so long that parsing, checking or sending it at once would keep other requests waiting goes the way of NDJSON. */
async function readSliced(
  { others, slices }: SlicedBody,
  parts: Parts,
  isKeyed: boolean,
  traceparent: string | undefined,
): Promise<ReadBatch> {
  const { inputs: _, ...options } = check(batchBodySchema, others);
  const planned = await planBatch(options, parts.tasks, traceparent);
  const upload = await uploadSlices(slices, planned, parts, { withDigest: isKeyed });
  return uploaded(planned, options, upload, isKeyed);
}

async function readLines(request: IncomingMessage, parts: Parts, isKeyed: boolean): Promise<ReadBatch> {
  const options = readBatchQuery(request);
  const planned = await planBatch(options, parts.tasks, traceparentOf(request.headers['traceparent']));
  const upload = await uploadInputs(request, planned, parts, { withDigest: isKeyed });
  return uploaded(planned, options, upload, isKeyed);
}

function uploaded(
  { plan }: PlannedBatch,
  options: Omit<BatchBody, 'inputs'>,
  { source, total, digest }: Upload,
  isKeyed: boolean,
): ReadBatch {
  return {
    request: { op: 'create-batch', plan: { ...plan, total }, source },
    fingerprint: isKeyed ? fingerprintOf(options, digest) : undefined,
  };
}

/** As an upload of the same inputs hashes them, so that both are the same payload. */
function digestOf(inputs: readonly unknown[]): string {
  const hash = createHash('sha256');
  for (const input of inputs) hash.update(JSON.stringify(input)).update('\n');
  return hash.digest('hex');
}

/** SHA-256, in hex, of everything that makes the batch what it is; of what was asked, not of when. */
function fingerprintOf(options: Omit<BatchBody, 'inputs'>, digest: string | undefined): string {
  const known = Object.entries(options)
    .filter(([, value]) => value !== undefined)
    .toSorted(([one], [other]) => (one < other ? -1 : 1));
  return createHash('sha256')
    .update(JSON.stringify(['batch', known, digest]))
    .digest('hex');
}
