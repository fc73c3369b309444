import { decodeUpright } from './decode-picture.ts';

/**
 * Decodes the middle of an image, as large as it fits, to exactly `height` × `width` pixels of RGB, row by row: upright, in
 * sRGB, on white where it is transparent. Throws as `decodePicture` does.
 */
export function decodeSquare(bytes: Buffer, size: { height: number; width: number }): Promise<Buffer> {
  return decodeUpright(bytes, async (image, _original, toSrgb) => {
    const pixels = await image
      .resize({ ...size, fit: 'cover' })
      .flatten({ background: '#ffffff' })
      .toColourspace('srgb')
      .removeAlpha()
      .raw()
      .toBuffer();
    toSrgb(pixels, 3);
    return pixels;
  });
}
