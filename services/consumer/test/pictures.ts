import { sharp } from '../src/images/image-library.ts';

/** What stands in each corner of the test picture: left to right, top to bottom. */
export const corners = {
  topLeft: [255, 0, 0],
  topRight: [0, 255, 0],
  bottomLeft: [0, 0, 255],
  bottomRight: [255, 255, 255],
} as const;

/** RGB pixels of a picture whose quarters have a colour each, so that every turn and flip of it looks different. */
export function quarters(width: number, height: number): Buffer {
  const pixels = Buffer.alloc(width * height * 3);
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) {
      const top = y < height / 2;
      const left = x < width / 2;
      const colour = top
        ? left
          ? corners.topLeft
          : corners.topRight
        : left
          ? corners.bottomLeft
          : corners.bottomRight;
      pixels.set(colour, (y * width + x) * 3);
    }
  }
  return pixels;
}

/** The picture of quarters, ready to be written in any format. */
export function quartersImage(width = 64, height = 32) {
  return sharp(quarters(width, height), { raw: { width, height, channels: 3 } });
}

export interface Corners {
  readonly topLeft: number[];
  readonly topRight: number[];
  readonly bottomLeft: number[];
  readonly bottomRight: number[];
}

/** The colours in the middle of each quarter of an image file, as RGB or RGBA. */
export async function readCorners(file: Buffer): Promise<Corners> {
  const { data, info } = await sharp(file).toColourspace('srgb').raw().toBuffer({ resolveWithObject: true });
  const at = (x: number, y: number) => {
    const offset = (Math.floor(y * info.height) * info.width + Math.floor(x * info.width)) * info.channels;
    return [...data.subarray(offset, offset + info.channels)];
  };
  return {
    topLeft: at(0.25, 0.25),
    topRight: at(0.75, 0.25),
    bottomLeft: at(0.25, 0.75),
    bottomRight: at(0.75, 0.75),
  };
}

/** The largest difference between two lists of numbers. */
export function farthest(a: readonly number[], b: readonly number[]): number {
  return Math.max(...a.map((value, i) => Math.abs(value - (b[i] ?? Number.NaN))));
}
