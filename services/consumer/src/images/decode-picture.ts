import { HeddleError } from '@heddle/contracts';
import type { Metadata, Sharp } from 'sharp';
import { explainFault } from './explain-fault.ts';
import { MAX_PIXELS, sharp } from './image-library.ts';
import { type MatrixProfile, readMatrixProfile } from './matrix-profile.ts';
import { fitInside, type Picture } from './picture.ts';
import { sniffImage } from './sniff-image.ts';

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
export function decodePicture(bytes: Buffer, size: number): Promise<DecodedPicture> {
  return decodeUpright(bytes, async (image, original, toSrgb) => {
    const { data, info } = await image
      .resize({ ...fitInside(original, size), fit: 'fill' })
      .toColourspace('srgb')
      .raw()
      .toBuffer({ resolveWithObject: true });
    const channels = info.channels === 4 ? 4 : 3;
    toSrgb(data, channels);
    return { picture: { pixels: data, width: info.width, height: info.height, channels }, original };
  });
}

/**
 * Opens an image within all limits, upright, for `read` to take what it wants of it: RGB pixels of 8 bits, which it puts
 * through `toSrgb`. Throws as `decodePicture` does.
 */
export async function decodeUpright<T>(
  bytes: Buffer,
  read: (image: Sharp, original: DecodedPicture['original'], toSrgb: MatrixProfile['toSrgb']) => Promise<T>,
): Promise<T> {
  const format = sniffImage(bytes);
  try {
    // Only the header is read here, so the limit can wait for what it says.
    const metadata = await sharp(bytes, { ...LIMITS, limitInputPixels: false }).metadata();
    checkSize(format, metadata);
    const profile = profileOf(metadata);
    const image = sharp(bytes, { ...LIMITS, ignoreIcc: profile !== undefined })
      .timeout({ seconds: MAX_DECODE_SECONDS })
      .autoOrient();
    const toSrgb = profile && !profile.isSrgb ? profile.toSrgb : () => undefined;
    return await read(image, metadata.autoOrient, toSrgb);
  } catch (fault) {
    throw explainFault(fault, format);
  }
}

/** The profile, if it is one that we apply ourselves; any other is left to the image library. */
function profileOf({ icc, space, depth }: Metadata): MatrixProfile | undefined {
  return icc && space === 'srgb' && depth === 'uchar' ? readMatrixProfile(icc) : undefined;
}

function checkSize(format: string, { width, height, pages = 1 }: Metadata): void {
  if (width * height > MAX_PIXELS) {
    const expected = `expected at most ${MAX_PIXELS / 1e6} megapixels`;
    throw new HeddleError('image_too_large', `${expected}, got ${width} × ${height} pixels`);
  }
  if (format === 'webp' && height * pages > MAX_WEBP_SIDE) {
    const expected = `expected at most ${MAX_WEBP_SIDE} pixels a side in a WebP, its frames stacked`;
    throw new HeddleError('image_too_large', `${expected}; got ${pages} frames of ${width} × ${height}`);
  }
}
