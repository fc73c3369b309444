import fc from 'fast-check';
import { expect, it } from 'vitest';
import { encodePng } from './encode-png.ts';
import { sharp } from './image-library.ts';
import type { Picture } from './picture.ts';

const anyPicture = fc
  .record({
    width: fc.integer({ min: 1, max: 40 }),
    height: fc.integer({ min: 1, max: 40 }),
    channels: fc.constantFrom<Picture['channels']>(3, 4),
  })
  .chain((shape) => {
    const length = shape.width * shape.height * shape.channels;
    return fc
      .uint8Array({ minLength: length, maxLength: length })
      .map((pixels): Picture => ({ ...shape, pixels: Buffer.from(pixels) }));
  });

it('writes files that another decoder reads back pixel by pixel, for any size and kind of picture', async () => {
  await fc.assert(
    fc.asyncProperty(anyPicture, async (picture) => {
      const { data, info } = await sharp(encodePng(picture)).raw().toBuffer({ resolveWithObject: true });
      expect(info).toMatchObject({
        width: picture.width,
        height: picture.height,
        channels: picture.channels,
      });
      expect(data.equals(picture.pixels)).toBe(true);
    }),
    { numRuns: 50 },
  );
});
