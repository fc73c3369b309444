import { createHash } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AskedJob } from '@heddle/client';
import { HeddleError, type JobView } from '@heddle/contracts';
import type { GatewayParts } from '../gateway-parts.ts';
import { answerJson } from '../http/answer.ts';
import { untilGone } from '../http/gone.ts';
import { mediaTypeOf, refuseContentEncoding } from '../http/media-type.ts';
import { waitWish } from '../http/prefer.ts';
import { problemOf } from '../http/problem.ts';
import { readBody } from '../http/read-body.ts';
import type { Handler } from '../http/route.ts';
import { traceparentOf } from '../http/traceparent.ts';
import { type EnqueueOptions, enqueueJob } from '../jobs/enqueue-job.ts';
import { idempotencyKeyOf } from '../jobs/submit-keyed.ts';
import { describeThumbnails, pictureType } from './describe-thumbnails.ts';
import { type Picture, readPictures } from './read-pictures.ts';

/** `POST /v1/thumbnails`: an image as the body, or a multipart form with many. */
export function submitThumbnails(parts: GatewayParts): Handler {
  return async (request, response) => {
    const type = mediaTypeOf(request);
    const single = type.startsWith('image/') || type === 'application/octet-stream';
    if (!single && type !== 'multipart/form-data') {
      throw new HeddleError(
        'unsupported_media_type',
        `expected Content-Type image/…, application/octet-stream or multipart/form-data, got ${type || 'none'}`,
      );
    }
    refuseContentEncoding(request);
    const job = {
      ...(await describeThumbnails(request, parts.tasks)),
      traceparent: traceparentOf(request.headers['traceparent']),
    };
    if (single) await submitPicture(parts, request, response, { ...job, type: pictureType(type) });
    else await submitForm(parts, request, response, job);
  };
}

async function submitPicture(
  parts: GatewayParts,
  request: IncomingMessage,
  response: ServerResponse,
  { type, ...job }: AskedJob & { type: string },
): Promise<void> {
  const idempotencyKey = idempotencyKeyOf(request.headers['idempotency-key']);
  const body = await readBody(request, parts.maxMessageBytes, parts.admission);
  if (body.length === 0)
    throw new HeddleError('invalid_request', 'expected an image as the body, got nothing');
  const { id, waited } = await enqueueJob(
    parts,
    { ...job, bytes: { body, type } },
    { idempotencyKey, waitMs: waitWish(request), signal: () => untilGone(response, parts.draining) },
  ).finally(() => parts.admission.release(body.length));
  const view = (await waited)?.ended;
  const Location = `/v1/jobs/${id}`;
  if (view) answerJson(response, 200, view, { Location, 'Preference-Applied': 'wait' });
  else answerJson(response, 202, { id }, { Location });
}

/** What became of one file of a form. */
type FileAnswer =
  | { name: string; id: string; job?: JobView | undefined }
  | { name: string; error: ReturnType<typeof problemOf> };

async function submitForm(
  parts: GatewayParts,
  request: IncomingMessage,
  response: ServerResponse,
  job: AskedJob,
): Promise<void> {
  const deadline = Date.now() + waitWish(request);
  const signal = untilGone(response, parts.draining);
  const answers: Promise<FileAnswer>[] = [];
  const keyOf = keysOfFiles(idempotencyKeyOf(request.headers['idempotency-key']));
  const submit = (picture: Picture) =>
    submitFile(parts, picture, job, {
      idempotencyKey: keyOf(answers.length),
      waitMs: Math.max(0, deadline - Date.now()),
      signal: () => signal,
    });
  try {
    await readPictures(request, { maxBytes: parts.maxMessageBytes, admission: parts.admission }, (picture) =>
      answers.push(submit(picture)),
    );
  } catch (error) {
    // Files before the break are jobs already, and the client must learn their ids.
    if (answers.length === 0) throw error;
    answers.push(Promise.resolve({ name: '', error: problemOf(error) }));
  }
  if (answers.length === 0) {
    throw new HeddleError('invalid_request', 'expected at least one file in the form, got none');
  }
  const jobs = await Promise.all(answers);
  const waited = waitWish(request) > 0 && jobs.every((answer) => 'error' in answer || answer.job);
  answerJson(response, waited ? 200 : 202, { jobs }, waited ? { 'Preference-Applied': 'wait' } : {});
}

/** Each file of a form is a job, so each has a key: made of the request's and its place, and no longer than a key may be. */
function keysOfFiles(key: string | undefined): (place: number) => string | undefined {
  if (key === undefined) return () => undefined;
  const digest = createHash('sha256').update(key).digest('hex');
  return (place) => `form/${digest}/${place}`;
}

async function submitFile(
  parts: GatewayParts,
  picture: Picture,
  job: AskedJob,
  options: EnqueueOptions,
): Promise<FileAnswer> {
  const { name } = picture;
  try {
    if ('error' in picture) throw picture.error;
    const bytes = { body: picture.body, type: pictureType(picture.type) };
    const { id, waited } = await enqueueJob(parts, { ...job, bytes }, options).finally(picture.release);
    return { name, id, job: (await waited)?.ended };
  } catch (error) {
    const problem = problemOf(error);
    if (problem.code === 'internal_error')
      parts.log.error({ err: error, name }, 'a picture could not be submitted');
    return { name, error: problem };
  }
}
