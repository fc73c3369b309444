import { crc32, deflateSync } from 'node:zlib';
import type { Picture } from './picture.ts';

const SIGNATURE = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
/** PNG's colour types by number of channels. */
const COLOUR_TYPES = { 3: 2, 4: 6 } as const;
/** The filter that predicts each byte from its left neighbour. */
const FILTER_SUB = 1;
/** On filtered photos higher levels take twice the time for a hundredth of the size. */
const DEFLATE_LEVEL = 2;

/**
 * A PNG file (RFC 2083) of a picture. Smaller than the image library's by its defaults, which filter nothing, and sooner
 * done for thumbnails.
 */
export function encodePng(picture: Picture): Buffer {
  const { width, height, channels } = picture;
  const head = Buffer.alloc(13);
  head.writeUInt32BE(width, 0);
  head.writeUInt32BE(height, 4);
  head[8] = 8; // bits a channel
  head[9] = COLOUR_TYPES[channels];
  const body = deflateSync(filterRows(picture), { level: DEFLATE_LEVEL });
  return Buffer.concat([SIGNATURE, chunk('IHDR', head), chunk('IDAT', body), chunk('IEND', Buffer.alloc(0))]);
}

function filterRows({ pixels, width, height, channels }: Picture): Buffer {
  const stride = width * channels;
  const filtered = Buffer.allocUnsafe((stride + 1) * height);
  let to = 0;
  for (let row = 0; row < pixels.length; row += stride) {
    filtered[to] = FILTER_SUB;
    to += 1;
    for (let at = row; at < row + channels; at += 1) {
      filtered[to] = pixels[at] as number;
      to += 1;
    }
    for (let at = row + channels; at < row + stride; at += 1) {
      filtered[to] = (pixels[at] as number) - (pixels[at - channels] as number);
      to += 1;
    }
  }
  return filtered;
}

function chunk(type: string, data: Buffer): Buffer {
  const bytes = Buffer.allocUnsafe(data.length + 12);
  bytes.writeUInt32BE(data.length, 0);
  bytes.write(type, 4, 'latin1');
  data.copy(bytes, 8);
  bytes.writeUInt32BE(crc32(bytes.subarray(4, data.length + 8)), data.length + 8);
  return bytes;
}
