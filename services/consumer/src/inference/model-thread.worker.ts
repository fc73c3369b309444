/** The thread that holds a model: loading and running it would keep the worker's own from its heartbeats. */

import { workerData } from 'node:worker_threads';
import type { InferenceSession, Tensor as OnnxTensor } from 'onnxruntime-node';
import type { ModelDescription, PixelBatch } from './model-thread.ts';

const MEAN = [0.485, 0.456, 0.406] as const;
const DEVIATION = [0.229, 0.224, 0.225] as const;
const CHANNELS = 3;
const DEFAULT_SIDE = 224;

interface Model {
  readonly session: InferenceSession;
  readonly Tensor: typeof OnnxTensor;
  readonly height: number;
  readonly width: number;
}

let model: Promise<Model> | undefined;

/** Loads the model, and runs it once on nothing: its first run is many times as slow as the second. */
export async function describe(): Promise<ModelDescription> {
  const { height, width } = await loaded();
  const shares = await runModel({ pixels: new Uint8Array(height * width * CHANNELS), count: 1 });
  return { height, width, outputs: shares.length };
}

/** Scores of `count` pictures of height × width × RGB, one row after the other. */
export async function runModel({ pixels, count }: PixelBatch): Promise<Float32Array> {
  const { session, Tensor, height, width } = await loaded();
  const input = new Tensor('float32', normalise(pixels, height * width), [count, CHANNELS, height, width]);
  const outputs = await session.run({ [session.inputNames[0] as string]: input });
  const scores = outputs[session.outputNames[0] as string];
  if (scores?.type !== 'float32' || scores.dims[0] !== count) {
    throw new Error(
      `the model: expected scores of type float32 for ${count} pictures, got ${scores?.type} of ${scores?.dims.join(' × ')}`,
    );
  }
  return scores.data as Float32Array;
}

function loaded(): Promise<Model> {
  model ??= load(workerData as { path: string; threads: number });
  return model;
}

async function load({ path, threads }: { path: string; threads: number }): Promise<Model> {
  const { InferenceSession, Tensor } = await import('onnxruntime-node');
  const session = await InferenceSession.create(path, {
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    // Between two runs the cores are for decoding pictures, and for others.
    extra: { session: { intra_op: { allow_spinning: '0' } } },
  });
  const [input, ...others] = session.inputMetadata;
  const shape = input?.isTensor ? input.shape : [];
  const [, channels, height, width] = shape;
  if (others.length > 0 || shape.length !== 4 || channels !== CHANNELS) {
    throw new Error(`the model: expected one input of N × 3 × height × width, got ${shape.join(' × ')}`);
  }
  return { session, Tensor, height: sideOf(height), width: sideOf(width) };
}

/** A model that takes any size gets pictures of the usual one. */
function sideOf(size: number | string | undefined): number {
  return typeof size === 'number' && size > 0 ? size : DEFAULT_SIDE;
}

/** From bytes, pixel by pixel, to numbers around 0, channel by channel: as models trained on ImageNet want their pictures. */
function normalise(pixels: Uint8Array, pixelsEach: number): Float32Array {
  const plane = new Float32Array(pixels.length);
  const size = pixelsEach * CHANNELS;
  for (let start = 0; start < pixels.length; start += size) {
    for (let channel = 0; channel < CHANNELS; channel += 1) {
      const scale = 1 / (255 * (DEVIATION[channel] as number));
      const shift = (MEAN[channel] as number) / (DEVIATION[channel] as number);
      let from = start + channel;
      const end = start + (channel + 1) * pixelsEach;
      for (let to = start + channel * pixelsEach; to < end; to += 1) {
        plane[to] = (pixels[from] as number) * scale - shift;
        from += CHANNELS;
      }
    }
  }
  return plane;
}
