import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import type { NewJob } from '@heddle/client';
import { fileInputSchema, HeddleError } from '@heddle/contracts';
import { type BatchPorts, submitJobs } from '../batches/submit-jobs.ts';
import { findFolder, realPathWithin } from './find-folder.ts';
import { readAtMost } from './read-at-most.ts';
import { isShortage } from './shortage.ts';

/** Bytes of files that are held before they are submitted; the last of them may have a message's bytes more. */
const HELD_BYTES = 8 * 1024 * 1024;

export interface FilePorts extends BatchPorts {
  readonly folders: readonly string[];
  readonly maxMessageBytes: number;
}

/**
 * Submits jobs whose inputs are files of a folder, with the bytes of each, few at a time. Resolves when each is confirmed, or
 * has ended because its file cannot be read or sent.
 */
export async function submitFiles(
  ports: FilePorts,
  asked: string,
  jobs: readonly NewJob[],
  signal: AbortSignal,
): Promise<void> {
  const folder = await findFolder(asked, ports.folders).catch((error: HeddleError) => error);
  let held: NewJob[] = [];
  let bytes = 0;
  const submit = async () => {
    await submitJobs(ports, held, signal);
    held = [];
    bytes = 0;
  };
  for (const job of jobs) {
    const input = job.input as { file: unknown };
    const body = await readInput(folder, input.file, ports.maxMessageBytes).catch(asFault);
    if (body instanceof HeddleError) {
      await ports.submitter.refuse({ ...job, input: withoutReason(input) }, body);
      continue;
    }
    held.push({ ...job, bytes: { body, type: 'application/octet-stream' } });
    bytes += body.length;
    if (bytes >= HELD_BYTES) await submit();
  }
  await submit();
}

async function readInput(folder: string | HeddleError, input: unknown, maxBytes: number): Promise<Buffer> {
  const file = fileInputSchema.parse(input);
  if (typeof file !== 'string') throw new HeddleError('folder_refused', file.refused);
  if (typeof folder !== 'string') throw folder;
  const path = await realPathWithin(join(folder, file), folder);
  if (path === undefined) throw new HeddleError('file_unreadable', `"${file}" is not there any more`);
  const handle = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    const facts = await handle.stat();
    if (!facts.isFile()) throw new HeddleError('file_unreadable', `expected "${file}" to be a file`);
    const body = await readAtMost(handle, facts.size, maxBytes);
    if (body) return body;
    const got = facts.size > maxBytes ? `${facts.size}` : 'more, it is growing';
    const message = `expected "${file}" to have at most ${maxBytes} bytes, got ${got}`;
    throw new HeddleError('message_too_large', message);
  } finally {
    await handle.close();
  }
}

function withoutReason(input: { file: unknown }): object {
  const { file, ...others } = input;
  return typeof file === 'string' ? input : others;
}

/** A file that has a fault does not hold up the others; that this process is short of something is no fault of the file. */
function asFault(error: unknown): HeddleError {
  if (error instanceof HeddleError) return error;
  const { code = '' } = error as NodeJS.ErrnoException;
  if (code === '' || isShortage(code)) throw error;
  return new HeddleError('file_unreadable', `the file cannot be read: ${code}`, { cause: error });
}
