import { HeddleError } from '@heddle/contracts';
import { explainFault } from './explain-fault.ts';
import { MAX_PIXELS, sharp } from './image-library.ts';
import { fitInside, type Picture } from './picture.ts';
import { sniffImage } from './sniff-image.ts';
import { isSrgbProfile } from './srgb-profile.ts';

const MAX_DECODE_SECONDS = 10;

/** What the format itself allows. Libraries stack the frames of an animation, and one that is higher then cannot be written again. */
const MAX_WEBP_SIDE = 16_383;

const LIMITS = { limitInputPixels: MAX_PIXELS, failOn: 'warning', pages: 1 } as const;

/** A decoded picture and the size that the original has when it stands upright. */
export interface DecodedPicture {
  readonly picture: Picture;
  readonly original: { readonly width: number; readonly height: number };
}

/**
 * Decodes an image to a picture whose longest side is `size`, or less if the original is smaller: its first frame,
 * upright, in sRGB. JPEG and WebP are decoded at a fraction of their size where that will do.
 * Throws `image_unrecognised`, `image_format_refused`, `image_too_large`, `image_corrupt` and `timed_out`.
 */
export async function decodePicture(bytes: Buffer, size: number): Promise<DecodedPicture> {
  const format = sniffImage(bytes);
  try {
    const { width, height, pages = 1, autoOrient, icc, space } = await sharp(bytes, LIMITS).metadata();
    if (format === 'webp' && height * pages > MAX_WEBP_SIDE) {
      const expected = `expected a WebP of at most ${MAX_WEBP_SIDE} pixels a side, all frames counted`;
      throw new HeddleError('image_too_large', `${expected}; got ${width} × ${height} in ${pages} frames`);
    }
    const target = fitInside(autoOrient, size);
    const ignoreIcc = icc !== undefined && space === 'srgb' && isSrgbProfile(icc);
    const { data, info } = await sharp(bytes, { ...LIMITS, ignoreIcc })
      .timeout({ seconds: MAX_DECODE_SECONDS })
      .autoOrient()
      .resize({ ...target, fit: 'fill' })
      .toColourspace('srgb')
      .raw()
      .toBuffer({ resolveWithObject: true });
    const picture = {
      pixels: data,
      width: info.width,
      height: info.height,
      channels: info.channels,
    };
    return { picture, original: autoOrient };
  } catch (fault) {
    throw explainFault(fault, format);
  }
}
