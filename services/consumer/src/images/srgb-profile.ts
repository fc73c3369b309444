/** Primaries of sRGB as profiles have them, adapted to D50: X, Y, Z of red, green and blue. */
const PRIMARIES: Readonly<Record<string, readonly [number, number, number]>> = {
  rXYZ: [0.4361, 0.2225, 0.0139],
  gXYZ: [0.3851, 0.7169, 0.0971],
  bXYZ: [0.1431, 0.0606, 0.7141],
};
/** Half a step of 8 bits. */
const TOLERANCE = 0.002;

/**
 * Whether an ICC profile says no more than "sRGB", as most do. Then it need not be applied, which saves the image library
 * milliseconds a picture. The numbers decide, not the profile's name; in doubt the answer is no.
 */
export function isSrgbProfile(profile: Buffer): boolean {
  try {
    if (profile.toString('latin1', 16, 24) !== 'RGB XYZ ') return false;
    const tags = readTags(profile);
    // A profile with tables of its own may say anything.
    if (tags.has('A2B0') || tags.has('A2B1')) return false;
    const primaries = Object.entries(PRIMARIES).every(([tag, expected]) => isNear(tags.get(tag), expected));
    return primaries && ['rTRC', 'gTRC', 'bTRC'].every((tag) => isSrgbCurve(tags.get(tag)));
  } catch {
    return false; // Cut short; the image library will say what it makes of it.
  }
}

function readTags(profile: Buffer): Map<string, Buffer> {
  const tags = new Map<string, Buffer>();
  const count = Math.min(profile.readUInt32BE(128), 100);
  for (let entry = 132; entry < 132 + count * 12; entry += 12) {
    const offset = profile.readUInt32BE(entry + 4);
    tags.set(
      profile.toString('latin1', entry, entry + 4),
      profile.subarray(offset, offset + profile.readUInt32BE(entry + 8)),
    );
  }
  return tags;
}

const fixed = (bytes: Buffer, offset: number) => bytes.readInt32BE(offset) / 65_536;

function isNear(xyz: Buffer | undefined, expected: readonly number[]): boolean {
  return (
    xyz !== undefined && expected.every((value, i) => Math.abs(fixed(xyz, 8 + i * 4) - value) < TOLERANCE)
  );
}

function isSrgbCurve(curve: Buffer | undefined): boolean {
  if (!curve) return false;
  const evaluate = readCurve(curve);
  if (!evaluate) return false;
  for (let i = 0; i <= 16; i += 1) {
    const x = i / 16;
    const expected = x <= 0.04045 ? x / 12.92 : ((x + 0.055) / 1.055) ** 2.4;
    if (Math.abs(evaluate(x) - expected) > TOLERANCE) return false;
  }
  return true;
}

/** A sampled curve, or the parametric one that has sRGB's form; others are not sRGB's. */
function readCurve(curve: Buffer): ((x: number) => number) | undefined {
  const kind = curve.toString('latin1', 0, 4);
  if (kind === 'curv') {
    const last = curve.readUInt32BE(8) - 1;
    if (last < 16) return undefined;
    return (x) => curve.readUInt16BE(12 + Math.round(x * last) * 2) / 65_535;
  }
  if (kind !== 'para' || curve.readUInt16BE(8) !== 3) return undefined;
  const [g = 0, a = 0, b = 0, c = 0, d = 0] = [12, 16, 20, 24, 28].map((offset) => fixed(curve, offset));
  return (x) => (x >= d ? (a * x + b) ** g : c * x);
}
