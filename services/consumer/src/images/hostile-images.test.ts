import { deflateSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { quartersImage } from '../../test/pictures.ts';
import { sharp } from './image-library.ts';
import { makeThumbnails } from './make-thumbnails.ts';

const input = { sizes: [128], format: 'png' as const };
const photo = () => quartersImage(800, 600).jpeg().toBuffer();

/** A PNG that says it is this large, with as many empty rows as it claims, packed: a few kilobytes for gigabytes. */
async function bomb(width: number, height: number): Promise<Buffer> {
  const small = await quartersImage().png().toBuffer();
  const bytes = Buffer.from(small);
  bytes.writeUInt32BE(width, 16);
  bytes.writeUInt32BE(height, 20);
  return Buffer.concat([bytes, deflateSync(Buffer.alloc(1_000_000))]);
}

/** A JPEG or PNG whose header names other dimensions than its data has. */
async function jpegThatClaims(width: number, height: number): Promise<Buffer> {
  const bytes = await photo();
  const frame = bytes.indexOf(Buffer.from([0xff, 0xc0]));
  bytes.writeUInt16BE(height, frame + 5);
  bytes.writeUInt16BE(width, frame + 7);
  return bytes;
}

describe('a hostile image', () => {
  it.each<[string, () => Promise<Buffer>, string]>([
    ['cut short', async () => (await photo()).subarray(0, 3_000), 'image_corrupt'],
    ['cut in its header', async () => (await photo()).subarray(0, 30), 'image_corrupt'],
    [
      'with rubbish in its data',
      async () => {
        const bytes = await quartersImage(800, 600).png().toBuffer();
        return bytes.fill(0x5a, Math.floor(bytes.length / 2));
      },
      'image_corrupt',
    ],
    ['of 16383 × 16383 pixels in a PNG', () => bomb(16_383, 16_383), 'image_too_large'],
    ['of two thousand million rows', () => bomb(1, 0x7fff_ffff), 'image_corrupt'],
    ['of no width', () => bomb(0, 10), 'image_corrupt'],
    ['of 65535 × 65535 pixels in a JPEG', () => jpegThatClaims(65_535, 65_535), 'image_too_large'],
    [
      'animated to more rows than its format has',
      async () => {
        const frames = await Promise.all(
          Array.from({ length: 100 }, (_, i) =>
            sharp({
              create: { width: 2, height: 170, channels: 3, background: i % 2 ? 'red' : 'blue' },
            })
              .png()
              .toBuffer(),
          ),
        );
        return await sharp(frames, { join: { animated: true } })
          .webp()
          .toBuffer();
      },
      'image_too_large',
    ],
    [
      'of another format than its sender says',
      () => quartersImage().tiff().toBuffer(),
      'image_format_refused',
    ],
    ['that is none', () => Promise.resolve(Buffer.alloc(5_000, 'rubbish ')), 'image_unrecognised'],
  ])('%s is refused with its own reason, and soon', async (_, make, code) => {
    const bytes = await make();
    const started = performance.now();
    await expect(makeThumbnails(bytes, input)).rejects.toMatchObject({ name: 'HeddleError', code });
    expect(performance.now() - started).toBeLessThan(20_000);
  });

  it('does not keep the next one from being decoded', async () => {
    await expect(makeThumbnails(await bomb(16_383, 16_383), input)).rejects.toThrow();
    await expect(makeThumbnails(await photo(), input)).resolves.toHaveLength(1);
  });
});
