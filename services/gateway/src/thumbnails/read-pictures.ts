import type { IncomingMessage } from 'node:http';
import type { Readable } from 'node:stream';
import { HeddleError } from '@heddle/contracts';
import type { FileInfo } from 'busboy';
import type { Admission } from '../http/admission.ts';
import { BODY_IDLE_MS, tooLarge } from '../http/read-body.ts';

/** A picture out of a form, or why it is none. Its bytes are held in admission until `release`. */
export type Picture =
  | { readonly name: string; readonly type: string; readonly body: Buffer; readonly release: () => void }
  | { readonly name: string; readonly error: unknown };

export const MOST_PICTURES = 1_000;

/**
 * Reads the files of a multipart form one after the other, as fast as `onPicture` takes them. Resolves when the form
 * has ended. Rejects with `invalid_request` when it is broken; the pictures before stand.
 */
export async function readPictures(
  request: IncomingMessage,
  { maxBytes, admission }: { maxBytes: number; admission: Admission },
  onPicture: (picture: Picture) => void,
): Promise<void> {
  const { default: busboy } = await import('busboy');
  const form = openForm(() =>
    busboy({
      headers: request.headers,
      defParamCharset: 'utf8',
      limits: { fileSize: maxBytes, files: MOST_PICTURES, fields: 10, fieldSize: 1_024, headerPairs: 50 },
    }),
  );
  await new Promise<void>((resolve, reject) => {
    let handed: Promise<void> = Promise.resolve();
    const fail = (error: Error) => {
      clearTimeout(idle);
      request.unpipe(form);
      form.destroy();
      // What was read so far is still being handed over.
      void handed.finally(() => reject(error));
    };
    const idle = setTimeout(() => fail(broken(`nothing came for ${BODY_IDLE_MS} ms`)), BODY_IDLE_MS);
    form.on('file', (_field: string, file: Readable, info: FileInfo) => {
      const read = readPicture(file, info, maxBytes, admission);
      handed = handed.then(async () => onPicture(await read));
      handed.catch(fail);
    });
    form.on('filesLimit', () => {
      const error = new HeddleError('invalid_request', `expected at most ${MOST_PICTURES} files, got more`);
      handed = handed.then(() => onPicture({ name: '', error }));
    });
    form.on('error', (error: unknown) => fail(broken((error as Error).message)));
    form.on('close', () => {
      clearTimeout(idle);
      void handed.then(resolve, reject);
    });
    request.on('data', () => idle.refresh());
    request.on('close', () => request.complete || fail(broken('the connection ended before the form did')));
    request.pipe(form);
  });
}

async function readPicture(
  file: Readable,
  info: FileInfo,
  maxBytes: number,
  admission: Admission,
): Promise<Picture> {
  const name = (info.filename ?? '').replaceAll('\0', '').slice(0, 255);
  const chunks: Buffer[] = [];
  let held = 0;
  try {
    for await (const chunk of file as AsyncIterable<Buffer>) {
      await admission.takeInTurn(chunk.length);
      held += chunk.length;
      chunks.push(chunk);
    }
    if ('truncated' in file && file.truncated === true) throw tooLarge(maxBytes, 'more');
    if (held === 0) throw new HeddleError('invalid_request', 'expected an image, got an empty file');
    return {
      name,
      type: info.mimeType,
      body: Buffer.concat(chunks, held),
      release: () => admission.release(held),
    };
  } catch (error) {
    admission.release(held);
    file.resume();
    return { name, error: error instanceof HeddleError ? error : broken((error as Error).message) };
  }
}

function openForm<T>(open: () => T): T {
  try {
    return open();
  } catch (error) {
    throw broken((error as Error).message);
  }
}

function broken(how: string): HeddleError {
  return new HeddleError('invalid_request', `multipart form: ${how}`);
}
