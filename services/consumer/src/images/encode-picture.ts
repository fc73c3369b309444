import type { ThumbnailInput } from '@heddle/contracts';
import { encodePng } from './encode-png.ts';
import { sharp } from './image-library.ts';
import { hasAlpha, type Picture } from './picture.ts';

type Format = ThumbnailInput['format'];

/** Thumbnails are small and many: an effort beyond this costs more time than it saves bytes. */
const WEBP_EFFORT = 2;
const AVIF_EFFORT = 1;

/** The file of a picture. JPEG knows no transparency: what was seen through becomes white. */
export async function encodePicture(picture: Picture, format: Format): Promise<Buffer> {
  if (format === 'png') return encodePng(picture);
  const { width, height, channels } = picture;
  const image = sharp(picture.pixels, { raw: { width, height, channels } });
  switch (format) {
    case 'jpeg':
      return await (hasAlpha(picture) ? image.flatten({ background: '#ffffff' }) : image).jpeg().toBuffer();
    case 'webp':
      return await image.webp({ effort: WEBP_EFFORT }).toBuffer();
    case 'avif':
      return await image.avif({ effort: AVIF_EFFORT }).toBuffer();
  }
}
