import { setTimeout as pause } from 'node:timers/promises';
import type { RecorderClient } from '@heddle/client';
import {
  type ExpansionPlan,
  type FileInput,
  HeddleError,
  MAX_BATCH_JOBS,
  type RecorderRequest,
} from '@heddle/contracts';
import { findFolder } from './find-folder.ts';
import { isShortage } from './shortage.ts';
import { walkFolder } from './walk-folder.ts';

/** Bytes of paths that are gathered before the recorder gets them. */
const PART_BYTES = 512 * 1024;
const PART_TIMEOUT_MS = 15_000;
/** As for an upload: the recorder hands over all parts in one transaction. */
const CREATE_TIMEOUT_MS = 60_000;

/** How often a folder is walked that cannot be read to its end. */
const TRIES = 5;
const AGAIN_AFTER_MS = 2_000;

type Ask = Pick<RecorderClient, 'ask'>;

export interface ListOptions {
  readonly walk?: typeof walkFolder;
  readonly againAfterMs?: number;
}

/**
 * Finds the files of a batch over a folder and gives them to the recorder part by part, as fast as it commits them; with the
 * last, the batch has its number of jobs and they are made. Done twice it is done once. A folder that is refused becomes the
 * one job of its batch, which fails with the reason, and so does one that still cannot be read to its end after some tries. Rejects as
 * the recorder does, and when it is stopped.
 */
export async function listFolder(
  recorder: Ask,
  plan: ExpansionPlan,
  allowed: readonly string[],
  signal: AbortSignal,
  { walk = walkFolder, againAfterMs = AGAIN_AFTER_MS }: ListOptions = {},
): Promise<void> {
  const listing = new Listing(recorder, plan, signal);
  for (let tried = 1; ; tried++) {
    try {
      await listAll(listing, plan.files?.folder ?? '', allowed, walk);
      break;
    } catch (error) {
      const fault = faultOf(error, plan.files?.folder ?? '');
      if (!fault) throw error;
      if (fault.retryable && tried < TRIES) {
        await pause(againAfterMs, undefined, { signal });
        continue;
      }
      await listing.begin();
      await listing.add({ refused: fault.message });
      break;
    }
  }
  await listing.end();
}

async function listAll(
  listing: Listing,
  asked: string,
  allowed: readonly string[],
  walk: typeof walkFolder,
): Promise<void> {
  const folder = await findFolder(asked, allowed);
  await listing.begin();
  for await (const path of walk(folder)) await listing.add(path);
  if (listing.total === 0) throw new HeddleError('folder_refused', `"${asked}" holds no files`);
}

/** Why a folder cannot be listed; undefined where it is not to blame. A disk or a network may be better in a moment. */
function faultOf(error: unknown, asked: string): { message: string; retryable: boolean } | undefined {
  if (error instanceof HeddleError) {
    return error.code === 'folder_refused' ? { message: error.message, retryable: false } : undefined;
  }
  const { code, syscall } = error as NodeJS.ErrnoException;
  if (code === undefined || syscall === undefined || isShortage(code)) return undefined;
  return { message: `"${asked}" cannot be read: ${code}`, retryable: true };
}

class Listing {
  readonly #recorder: Ask;
  readonly #plan: ExpansionPlan;
  readonly #signal: AbortSignal;
  total = 0;
  #part: FileInput[] = [];
  #bytes = 0;

  constructor(recorder: Ask, plan: ExpansionPlan, signal: AbortSignal) {
    this.#recorder = recorder;
    this.#plan = plan;
    this.#signal = signal;
  }

  /** What an earlier try has left may be another folder's state by now. */
  async begin(): Promise<void> {
    this.total = 0;
    this.#part = [];
    this.#bytes = 0;
    await this.#recorder.ask({ op: 'drop-batch-parts', batch: this.#plan.id });
  }

  async add(input: FileInput): Promise<void> {
    if (this.total === MAX_BATCH_JOBS) {
      throw new HeddleError('folder_refused', `expected at most ${MAX_BATCH_JOBS} files, got more`);
    }
    this.total += 1;
    this.#part.push(input);
    this.#bytes += typeof input === 'string' ? Buffer.byteLength(input) : 0;
    if (this.#bytes >= PART_BYTES) await this.#stage();
  }

  async end(): Promise<void> {
    await this.#stage();
    const { total } = this;
    await this.#ask(
      { op: 'create-batch', plan: { ...this.#plan, total }, source: { staged: total } },
      CREATE_TIMEOUT_MS,
    );
  }

  async #stage(): Promise<void> {
    if (this.#part.length === 0) return;
    const first = this.total - this.#part.length;
    await this.#ask({ op: 'batch-part', plan: this.#plan, first, inputs: this.#part }, PART_TIMEOUT_MS);
    this.#part = [];
    this.#bytes = 0;
  }

  async #ask(request: RecorderRequest, timeoutMs: number): Promise<void> {
    this.#signal.throwIfAborted();
    await this.#recorder.ask(request, { timeoutMs });
  }
}
