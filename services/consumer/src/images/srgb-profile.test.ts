import { describe, expect, it } from 'vitest';
import { quartersImage } from '../../test/pictures.ts';
import { sharp } from './image-library.ts';
import { isSrgbProfile } from './srgb-profile.ts';

async function profileOf(name: string): Promise<Buffer> {
  const { icc } = await sharp(await quartersImage().withIccProfile(name).png().toBuffer()).metadata();
  if (!icc) throw new Error(`no profile ${name}`);
  return icc;
}

describe('isSrgbProfile', () => {
  it('knows sRGB by its numbers', async () => {
    expect(isSrgbProfile(await profileOf('srgb'))).toBe(true);
  });

  it('tells another RGB profile from it', async () => {
    expect(isSrgbProfile(await profileOf('p3'))).toBe(false);
  });

  it('says no to a profile whose curve or primaries have been changed', async () => {
    const profile = await profileOf('srgb');
    for (const tag of ['rXYZ', 'rTRC']) {
      const changed = Buffer.from(profile);
      const entry = changed.indexOf(tag, 128, 'latin1');
      changed.fill(0x11, changed.readUInt32BE(entry + 4) + 10, changed.readUInt32BE(entry + 4) + 20);
      expect(isSrgbProfile(changed)).toBe(false);
    }
  });

  it('says no to a profile that is cut short, and to rubbish', async () => {
    const profile = await profileOf('srgb');
    for (const length of [0, 20, 130, 200, profile.length - 100])
      expect(isSrgbProfile(profile.subarray(0, length))).toBe(false);
    expect(isSrgbProfile(Buffer.alloc(500, 'RGB XYZ '))).toBe(false);
  });
});
