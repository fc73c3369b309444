import { describe, expect, it } from 'vitest';
import { farthest } from '../../test/pictures.ts';
import { sharp } from './image-library.ts';
import type { Picture } from './picture.ts';
import { reducePicture } from './reduce-picture.ts';

/** A picture with soft and hard edges in every channel. */
function pattern(width: number, height: number, channels: Picture['channels']): Picture {
  const pixels = Buffer.alloc(width * height * channels);
  for (let i = 0; i < pixels.length; i += 1) {
    const at = Math.floor(i / channels);
    const [x, y] = [at % width, Math.floor(at / width)];
    pixels[i] = (Math.sin(x / 7 + (i % channels)) * 60 + (y > height / 2 ? 150 : 70)) % 256;
  }
  return { pixels, width, height, channels };
}

describe('reducePicture', () => {
  it('agrees with the image library', async () => {
    const channels = 3;
    const picture = pattern(120, 90, channels);
    const { width, height, pixels } = picture;
    const reduced = reducePicture(picture, 50, 37);
    const library = await sharp(pixels, { raw: { width, height, channels } })
      .resize({ width: 50, height: 37, fit: 'fill' })
      .raw()
      .toBuffer();
    expect(reduced).toMatchObject({ width: 50, height: 37, channels });
    expect(farthest([...reduced.pixels], [...library])).toBeLessThanOrEqual(8);
  });

  it('does not let colours behind full transparency bleed into what is seen', () => {
    const picture: Picture = { width: 4, height: 1, channels: 4, pixels: Buffer.alloc(16) };
    picture.pixels.set([255, 0, 0, 255, 255, 0, 0, 255, 0, 255, 0, 0, 0, 255, 0, 0]);
    const { pixels } = reducePicture(picture, 2, 1);
    expect([...pixels.subarray(0, 3)]).toEqual([255, 0, 0]);
    expect(pixels[7]).toBeLessThan(40);
  });

  it('keeps an even picture even, down to one pixel', () => {
    const even: Picture = { width: 33, height: 17, channels: 4, pixels: Buffer.alloc(33 * 17 * 4, 200) };
    for (const [width, height] of [
      [1, 1],
      [10, 3],
      [33, 16],
    ] as const) {
      expect(reducePicture(even, width, height).pixels).toEqual(Buffer.alloc(width * height * 4, 200));
    }
  });
});
