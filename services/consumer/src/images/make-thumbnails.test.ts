import { describe, expect, it } from 'vitest';
import { type Corners, corners, farthest, quartersImage, readCorners } from '../../test/pictures.ts';
import { sharp } from './image-library.ts';
import { makeThumbnails } from './make-thumbnails.ts';

const png = { sizes: [32], format: 'png' } as const;

async function thumbnailOf(
  file: Buffer,
  input: { sizes?: number[]; format?: 'png' | 'jpeg' | 'webp' | 'avif' } = {},
) {
  const [thumbnail] = await makeThumbnails(file, { ...png, sizes: [...png.sizes], ...input });
  if (!thumbnail) throw new Error('expected a thumbnail');
  return thumbnail;
}

async function expectCorners(file: Buffer, expected: Corners | typeof corners, tolerance = 6): Promise<void> {
  const found = await readCorners(file);
  for (const corner of ['topLeft', 'topRight', 'bottomLeft', 'bottomRight'] as const)
    expect(
      farthest([...expected[corner]], found[corner]),
      `${corner}: ${found[corner].join()}`,
    ).toBeLessThanOrEqual(tolerance);
}

/** The 64 × 32 picture as a camera with this orientation would have stored it. */
async function stored(orientation: number): Promise<Buffer> {
  const turned = {
    1: quartersImage(),
    2: quartersImage().flop(),
    3: quartersImage().rotate(180),
    4: quartersImage().flip(),
    5: sharp(await quartersImage().rotate(90).png().toBuffer()).flop(),
    6: quartersImage().rotate(270),
    7: sharp(await quartersImage().rotate(270).png().toBuffer()).flop(),
    8: quartersImage().rotate(90),
  }[orientation];
  if (!turned) throw new Error(`no orientation ${orientation}`);
  return await turned
    .withMetadata({ orientation })
    .jpeg({ quality: 95, chromaSubsampling: '4:4:4' })
    .toBuffer();
}

describe('thumbnails', () => {
  it('come in every size asked for, in that order, each with its true dimensions', async () => {
    const file = await quartersImage(400, 300).jpeg().toBuffer();
    const thumbnails = await makeThumbnails(file, { sizes: [64, 128, 32], format: 'png' });
    expect(
      thumbnails.map(({ name, type, size, width, height }) => [name, type, size, width, height]),
    ).toEqual([
      ['64.png', 'image/png', 64, 64, 48],
      ['128.png', 'image/png', 128, 128, 96],
      ['32.png', 'image/png', 32, 32, 24],
    ]);
    for (const { body, width, height } of thumbnails)
      expect(await sharp(body).metadata()).toMatchObject({ format: 'png', width, height });
  });

  it('are never larger than the picture', async () => {
    const file = await quartersImage(20, 10).png().toBuffer();
    const thumbnails = await makeThumbnails(file, { sizes: [128, 64, 8], format: 'png' });
    expect(thumbnails.map(({ width, height }) => [width, height])).toEqual([
      [20, 10],
      [20, 10],
      [8, 4],
    ]);
  });

  it('have at least one pixel a side', async () => {
    const file = await quartersImage(1_000, 2).png().toBuffer();
    expect(await thumbnailOf(file)).toMatchObject({ width: 32, height: 1 });
  });

  it('may be large, too', async () => {
    const file = await quartersImage(1_200, 900).png().toBuffer();
    const thumbnails = await makeThumbnails(file, { sizes: [1_000, 600, 100], format: 'png' });
    expect(thumbnails.map(({ width, height }) => [width, height])).toEqual([
      [1_000, 750],
      [600, 450],
      [100, 75],
    ]);
    for (const { body } of thumbnails) await expectCorners(body, corners);
  });
});

describe('the orientation of a photo', () => {
  it.each([1, 2, 3, 4, 5, 6, 7, 8])('%i is applied', async (orientation) => {
    const thumbnail = await thumbnailOf(await stored(orientation));
    expect(thumbnail).toMatchObject({ width: 32, height: 16 });
    await expectCorners(thumbnail.body, corners);
    expect((await sharp(thumbnail.body).metadata()).orientation).toBeUndefined();
  });
});

describe('the colours of a thumbnail', () => {
  it.each(['jpeg', 'png', 'webp', 'avif'] as const)('are right in %s', async (format) => {
    const thumbnail = await thumbnailOf(await quartersImage().png().toBuffer(), { format });
    expect(thumbnail.name).toBe(`32.${format}`);
    expect(thumbnail.type).toBe(`image/${format}`);
    await expectCorners(thumbnail.body, corners, 12);
  });

  it('are right from CMYK', async () => {
    const file = await quartersImage()
      .toColourspace('cmyk')
      .withIccProfile('cmyk')
      .jpeg({ quality: 95 })
      .toBuffer();
    expect((await sharp(file).metadata()).space).toBe('cmyk');
    const expected = await readCorners(await sharp(file).toColourspace('srgb').png().toBuffer());
    const { body } = await thumbnailOf(file);
    expect((await sharp(body).metadata()).channels).toBe(3);
    await expectCorners(body, expected);
  });

  it('are right from a profile that is not sRGB', async () => {
    const file = await quartersImage().withIccProfile('p3').png().toBuffer();
    const { body } = await thumbnailOf(file);
    await expectCorners(body, corners);
  });

  it('are right from 16 bits a channel', async () => {
    const file = await quartersImage().toColourspace('rgb16').png().toBuffer();
    expect((await sharp(file).metadata()).depth).toBe('ushort');
    const { body } = await thumbnailOf(file);
    expect((await sharp(body).metadata()).depth).toBe('uchar');
    await expectCorners(body, corners);
  });

  it('stay grey for a grey picture', async () => {
    const file = await quartersImage().toColourspace('b-w').png().toBuffer();
    const { body } = await thumbnailOf(file);
    const { topLeft, bottomRight } = await readCorners(body);
    expect(new Set(topLeft).size).toBe(1);
    expect(bottomRight).toEqual([255, 255, 255]);
  });
});

describe('transparency', () => {
  const seeThrough = (alpha: number) => quartersImage().ensureAlpha(alpha).png().toBuffer();

  it.each(['png', 'webp', 'avif'] as const)('is kept in %s', async (format) => {
    const { body } = await thumbnailOf(await seeThrough(0.5), { format });
    const { topLeft } = await readCorners(body);
    expect(topLeft).toHaveLength(4);
    expect(farthest([255, 0, 0, 128], topLeft)).toBeLessThanOrEqual(12);
  });

  it('becomes white in JPEG, which has none', async () => {
    const { body } = await thumbnailOf(await seeThrough(0), { format: 'jpeg' });
    await expectCorners(body, {
      topLeft: [255, 255, 255],
      topRight: [255, 255, 255],
      bottomLeft: [255, 255, 255],
      bottomRight: [255, 255, 255],
    });
  });

  it('of a grey picture is kept, too', async () => {
    const file = await quartersImage().toColourspace('b-w').ensureAlpha(0.5).png().toBuffer();
    const { body } = await thumbnailOf(file);
    expect(await sharp(body).metadata()).toMatchObject({ channels: 4, hasAlpha: true });
  });
});

describe('an animation', () => {
  it.each(['gif', 'webp'] as const)('in %s gives its first frame', async (format) => {
    const first = await quartersImage().png().toBuffer();
    const second = await quartersImage().negate().png().toBuffer();
    const file = await sharp([first, second], { join: { animated: true } })
      .toFormat(format)
      .toBuffer();
    expect((await sharp(file).metadata()).pages).toBe(2);
    const thumbnail = await thumbnailOf(file);
    expect(thumbnail).toMatchObject({ width: 32, height: 16 });
    await expectCorners(thumbnail.body, corners, 12);
  });
});
