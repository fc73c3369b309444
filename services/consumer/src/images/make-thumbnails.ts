import type { ThumbnailInput } from '@heddle/contracts';
import { decodePicture } from './decode-picture.ts';
import { encodePicture } from './encode-picture.ts';
import { sharp } from './image-library.ts';
import { fitInside, type Picture } from './picture.ts';
import { reducePicture } from './reduce-picture.ts';

export interface Thumbnail {
  /** As asked for; width and height are what the picture gave. */
  readonly size: number;
  readonly name: string;
  readonly type: string;
  readonly body: Buffer;
  readonly width: number;
  readonly height: number;
}

/** Above this the image library's resampling is faster than ours, below it slower. */
const SMALL_PIXELS = 256 * 256;

/**
 * All thumbnails of a picture, in the order asked for, from one decode: at the largest size, and each smaller one from the
 * next larger. Throws as `decodePicture` does.
 */
export async function makeThumbnails(bytes: Buffer, { sizes, format }: ThumbnailInput): Promise<Thumbnail[]> {
  const largestFirst = sizes.toSorted((a, b) => b - a);
  const decoded = await decodePicture(bytes, largestFirst[0] ?? 1);
  let { picture } = decoded;
  let body = await encodePicture(picture, format);
  const made = new Map<number, Thumbnail>();
  for (const size of largestFirst) {
    const { width, height } = fitInside(decoded.original, size);
    if (width !== picture.width || height !== picture.height) {
      picture = await reduce(picture, width, height);
      body = await encodePicture(picture, format);
    }
    made.set(size, { size, name: `${size}.${format}`, type: `image/${format}`, body, width, height });
  }
  return sizes.flatMap((size) => made.get(size) ?? []);
}

async function reduce(picture: Picture, width: number, height: number): Promise<Picture> {
  if (picture.width * picture.height <= SMALL_PIXELS) return reducePicture(picture, width, height);
  const { channels } = picture;
  const raw = { width: picture.width, height: picture.height, channels };
  const pixels = await sharp(picture.pixels, { raw }).resize({ width, height, fit: 'fill' }).raw().toBuffer();
  return { pixels, width, height, channels };
}
