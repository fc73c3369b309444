import { crc32, deflateSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { farthest, quartersImage } from '../../test/pictures.ts';
import { sharp } from './image-library.ts';
import { readMatrixProfile } from './matrix-profile.ts';

async function profileOf(name: string): Promise<Buffer> {
  const { icc } = await sharp(await quartersImage().withIccProfile(name).png().toBuffer()).metadata();
  if (!icc) throw new Error(`no profile ${name}`);
  return icc;
}

/** The profile with other curves: a tag of `curv` or `para` in the place of each. */
function withCurve(profile: Buffer, curve: Buffer): Buffer {
  const changed = Buffer.concat([profile, curve]);
  changed.writeUInt32BE(changed.length, 0);
  for (const tag of ['rTRC', 'gTRC', 'bTRC']) {
    const entry = changed.indexOf(tag, 128, 'latin1');
    changed.writeUInt32BE(profile.length, entry + 4);
    changed.writeUInt32BE(curve.length, entry + 8);
  }
  return changed;
}

function curve(
  kind: 'curv' | 'para',
  ...words: readonly { readonly bytes: 2 | 4; readonly value: number }[]
): Buffer {
  const parts = words.map(({ bytes, value }) => {
    const part = Buffer.alloc(bytes);
    if (bytes === 2) part.writeUInt16BE(value);
    else part.writeInt32BE(value);
    return part;
  });
  const tag = Buffer.concat([Buffer.from(`${kind}\0\0\0\0`, 'latin1'), ...parts]);
  // Tags begin at multiples of four, and so must the end of the profile be one.
  return Buffer.concat([tag, Buffer.alloc(-tag.length & 3)]);
}
const short = (value: number) => ({ bytes: 2, value }) as const;
const long = (value: number) => ({ bytes: 4, value }) as const;
const fixed = (value: number) => long(Math.round(value * 65_536));

/** 512 colours, from all corners of the cube and between. */
const colours = Buffer.from(
  Array.from({ length: 512 }, (_, n) =>
    [n & 7, (n >> 3) & 7, n >> 6].map((level) => Math.round((level * 255) / 7)),
  ).flat(),
);

/** What the image library makes of the colours, if they are of this profile. */
async function byLibrary(profile: Buffer): Promise<Buffer> {
  const raw = { width: 32, height: 16, channels: 3 } as const;
  // Written as they are, then labelled: the chunk of the profile goes right behind the header.
  const png = await sharp(colours, { raw }).png().toBuffer();
  const labelled = Buffer.concat([png.subarray(0, 33), iccChunk(profile), png.subarray(33)]);
  return await sharp(labelled).toColourspace('srgb').removeAlpha().raw().toBuffer();
}

function iccChunk(profile: Buffer): Buffer {
  const data = Buffer.concat([Buffer.from('iCCPp\0\0', 'latin1'), deflateSync(profile)]);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(data.length - 4);
  const sum = Buffer.alloc(4);
  sum.writeUInt32BE(crc32(data));
  return Buffer.concat([length, data, sum]);
}

describe('a profile of primaries and curves', () => {
  it('is known as sRGB by its numbers', async () => {
    expect(readMatrixProfile(await profileOf('srgb'))?.isSrgb).toBe(true);
    expect(readMatrixProfile(await profileOf('p3'))?.isSrgb).toBe(false);
  });

  it('is not sRGB if its curve or its primaries are not', async () => {
    const profile = await profileOf('srgb');
    expect(readMatrixProfile(withCurve(profile, curve('curv', long(1), short(1.8 * 256))))?.isSrgb).toBe(
      false,
    );
    const changed = Buffer.from(profile);
    const entry = changed.indexOf('rXYZ', 128, 'latin1');
    changed.writeInt32BE(0x6000, changed.readUInt32BE(entry + 4) + 8);
    expect(readMatrixProfile(changed)?.isSrgb).toBe(false);
  });

  it.each([
    ['its own curves', undefined],
    ['straight lines', curve('curv', long(0))],
    ['a power of 1.8', curve('curv', long(1), short(Math.round(1.8 * 256)))],
    ['samples', curve('curv', long(5), ...[0, 3_000, 14_000, 35_000, 65_535].map(short))],
    ['a power, as a form', curve('para', short(0), short(0), fixed(2.2))],
    ["sRGB's form", curve('para', short(3), short(0), ...[2.2, 0.9479, 0.0521, 0.0774, 0.0405].map(fixed))],
  ])('of %s gives the colours that the image library gives', async (_name, ownCurve) => {
    const p3 = await profileOf('p3');
    const profile = ownCurve ? withCurve(p3, ownCurve) : p3;
    const pixels = Buffer.from(colours);
    readMatrixProfile(profile)?.toSrgb(pixels, 3);
    expect(farthest([...pixels], [...(await byLibrary(profile))])).toBeLessThanOrEqual(2);
  });

  it('leaves alpha as it is', async () => {
    const profile = readMatrixProfile(await profileOf('p3'));
    const [opaque, clear] = [Buffer.from([200, 30, 90]), Buffer.from([200, 30, 90, 17])];
    profile?.toSrgb(opaque, 3);
    profile?.toSrgb(clear, 4);
    expect([...clear]).toEqual([...opaque, 17]);
    expect([...opaque]).not.toEqual([200, 30, 90]);
  });
});

describe('what is no such profile', () => {
  it('is one that is cut short, or rubbish', async () => {
    const profile = await profileOf('srgb');
    for (const length of [0, 20, 130, 200])
      expect(readMatrixProfile(profile.subarray(0, length))).toBeUndefined();
    expect(readMatrixProfile(Buffer.alloc(500, 'RGB XYZ '))).toBeUndefined();
  });

  it('is one whose black is not black, whose white is not white, or whose form is rare', async () => {
    const p3 = await profileOf('p3');
    const grey = curve('curv', long(2), short(9_000), short(65_535));
    const dim = curve('curv', long(2), short(0), short(50_000));
    const rare = curve('para', short(1), short(0), fixed(2.4), fixed(1), fixed(0));
    for (const other of [grey, dim, rare]) expect(readMatrixProfile(withCurve(p3, other))).toBeUndefined();
  });

  it('is one of another space, or with tables', async () => {
    const cmyk = await quartersImage().toColourspace('cmyk').withIccProfile('cmyk').jpeg().toBuffer();
    expect(readMatrixProfile((await sharp(cmyk).metadata()).icc ?? Buffer.alloc(0))).toBeUndefined();
    const tables = Buffer.from(await profileOf('p3'));
    tables.write('A2B0', tables.indexOf('cprt', 128, 'latin1'), 'latin1');
    expect(readMatrixProfile(tables)).toBeUndefined();
  });
});
