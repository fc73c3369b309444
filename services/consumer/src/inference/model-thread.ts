import { availableParallelism } from 'node:os';
import { HeddleError } from '@heddle/contracts';
import { Piscina } from 'piscina';

const ENTRY = new URL('./model-thread.worker.js', import.meta.url).href;

/** Pictures of height × width × RGB, one after the other. */
export interface PixelBatch {
  readonly pixels: Uint8Array;
  readonly count: number;
}

export interface ModelDescription {
  readonly height: number;
  readonly width: number;
  /** Scores that it gives a picture. */
  readonly outputs: number;
}

/** A model in a thread of its own, loaded and warm. */
export class ModelThread {
  readonly #thread: Piscina;
  readonly description: ModelDescription;

  /** Rejects with `model_unavailable` and the reason. */
  static async load(path: string): Promise<ModelThread> {
    const thread = new Piscina({
      filename: ENTRY,
      // A function that is there: the thread looks for it before it is asked for any.
      name: 'describe',
      minThreads: 1,
      maxThreads: 1,
      atomics: 'disabled',
      workerData: { path, threads: availableParallelism() },
    });
    try {
      const description = (await thread.run(undefined, { name: 'describe' })) as ModelDescription;
      return new ModelThread(thread, description);
    } catch (error) {
      await thread.destroy();
      throw new HeddleError('model_unavailable', `${path}: ${reasonOf(error)}`, { cause: error });
    }
  }

  private constructor(thread: Piscina, description: ModelDescription) {
    this.#thread = thread;
    this.description = description;
  }

  /** The scores of each picture, which all have the model's size. */
  async run(pictures: readonly Uint8Array[]): Promise<Float32Array[]> {
    const { height, width, outputs } = this.description;
    const size = height * width * 3;
    const pixels = new Uint8Array(size * pictures.length);
    pictures.forEach((picture, index) => pixels.set(picture, index * size));
    const batch: PixelBatch = { pixels, count: pictures.length };
    const options = { name: 'runModel', transferList: [pixels.buffer] };
    const scores = (await this.#thread.run(batch, options)) as Float32Array;
    return pictures.map((_, index) => scores.subarray(index * outputs, (index + 1) * outputs));
  }

  /** Ends it, whatever it does. */
  close(): Promise<void> {
    return this.#thread.destroy();
  }
}

function reasonOf(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  const missing = (error as { code?: unknown }).code === 'ERR_MODULE_NOT_FOUND';
  return missing ? `the optional package onnxruntime-node is not installed (${message})` : message;
}
