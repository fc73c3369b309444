/** Linear sRGB of what a profile says in its connection space (XYZ under D50): sRGB's own primaries there, inverted. */
const SRGB_OF_XYZ = [
  [3.1338561, -1.6168667, -0.4906146],
  [-0.9787684, 1.9161415, 0.033454],
  [0.0719453, -0.2289914, 1.4052427],
] as const;

/** Steps of linear light that are told apart: each is less than half a step of 8 bits, in the dark too. */
const STEPS = 8_192;
/** How near to sRGB is as good as sRGB: half a step of 8 bits. */
const TOLERANCE = 0.002;

type Three = readonly [number, number, number];

/**
 * A profile that is made of three primaries and three curves, as those of cameras and screens are; others are made of tables.
 * What such a profile means is a few multiplications a pixel. The image library goes about it by a colour space in between,
 * in floats, before it makes the picture smaller: that took longer than decoding.
 */
export interface MatrixProfile {
  /** It says no more than "sRGB", as most do. The numbers decide, not its name. */
  readonly isSrgb: boolean;
  /** Turns 8-bit pixels of this profile into sRGB, in place; alpha stays as it is. */
  readonly toSrgb: (pixels: Uint8Array, channels: 3 | 4) => void;
}

/** Undefined for a profile of another kind, and for one that cannot be read: the image library will say what it makes of it. */
export function readMatrixProfile(profile: Buffer): MatrixProfile | undefined {
  try {
    if (profile.toString('latin1', 16, 24) !== 'RGB XYZ ') return undefined;
    const tags = readTags(profile);
    // With tables of its own it may say anything.
    if (tags.has('A2B0') || tags.has('A2B1') || tags.has('A2B2')) return undefined;
    const primaries = ['rXYZ', 'gXYZ', 'bXYZ'].map((tag) => readXyz(tags.get(tag)));
    const curves = ['rTRC', 'gTRC', 'bTRC'].map((tag) => sample(readCurve(tags.get(tag))));
    return describe(primaries, curves);
  } catch {
    return undefined;
  }
}

function describe(primaries: readonly Three[], curves: readonly Float64Array[]): MatrixProfile {
  const matrix = SRGB_OF_XYZ.map((row) =>
    primaries.map((xyz) => row.reduce((sum, factor, axis) => sum + factor * (xyz[axis] as number), 0)),
  );
  const isSrgb =
    matrix.every((row, r) => row.every((cell, c) => Math.abs(cell - (r === c ? 1 : 0)) < 3 * TOLERANCE)) &&
    curves.every((curve) => curve.every((light, level) => Math.abs(light - linear(level / 255)) < TOLERANCE));
  return { isSrgb, toSrgb: (pixels, channels) => convert(pixels, channels, matrix, curves) };
}

function convert(
  pixels: Uint8Array,
  channels: 3 | 4,
  matrix: readonly (readonly number[])[],
  [reds, greens, blues]: readonly Float64Array[],
): void {
  const [[rr, rg, rb], [gr, gg, gb], [br, bg, bb]] = matrix as readonly [Three, Three, Three];
  const levels = levelsOfLight();
  const levelOf = (light: number) =>
    levels[light <= 0 ? 0 : light >= 1 ? STEPS : (light * STEPS + 0.5) | 0] as number;
  for (let at = 0; at + 2 < pixels.length; at += channels) {
    const red = (reds as Float64Array)[pixels[at] as number] as number;
    const green = (greens as Float64Array)[pixels[at + 1] as number] as number;
    const blue = (blues as Float64Array)[pixels[at + 2] as number] as number;
    pixels[at] = levelOf(rr * red + rg * green + rb * blue);
    pixels[at + 1] = levelOf(gr * red + gg * green + gb * blue);
    pixels[at + 2] = levelOf(br * red + bg * green + bb * blue);
  }
}

let made: Uint8Array | undefined;
/** The 8-bit levels of sRGB for each step of linear light. */
function levelsOfLight(): Uint8Array {
  made ??= Uint8Array.from({ length: STEPS + 1 }, (_, step) => {
    const light = step / STEPS;
    return Math.round(255 * (light <= 0.0031308 ? 12.92 * light : 1.055 * light ** (1 / 2.4) - 0.055));
  });
  return made;
}

/** Light of a level of sRGB, both from 0 to 1. */
function linear(level: number): number {
  return level <= 0.04045 ? level / 12.92 : ((level + 0.055) / 1.055) ** 2.4;
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

function readXyz(tag: Buffer | undefined): Three {
  if (!tag) throw new Error('expected primaries');
  return [fixed(tag, 8), fixed(tag, 12), fixed(tag, 16)];
}

/** Light for each level of 8 bits, from none to all: a black that is not black would have to be made up for. */
function sample(curve: (level: number) => number): Float64Array {
  const light = Float64Array.from({ length: 256 }, (_, level) => curve(level / 255));
  const isWhole =
    Math.abs(light[0] as number) < TOLERANCE && Math.abs((light[255] as number) - 1) < TOLERANCE;
  if (!isWhole || !light.every((one) => one > -TOLERANCE && one < 1 + TOLERANCE)) {
    throw new Error('expected a curve from black to white');
  }
  return light;
}

/** The curve of a tag, both ways from 0 to 1: ICC.1:2022, 10.6 (`curv`) and 10.18 (`para`). */
function readCurve(tag: Buffer | undefined): (level: number) => number {
  const kind = tag?.toString('latin1', 0, 4);
  if (tag && kind === 'curv') return readSampledCurve(tag);
  if (tag && kind === 'para') return readParametricCurve(tag);
  throw new Error('expected a curve');
}

function readSampledCurve(tag: Buffer): (level: number) => number {
  const count = tag.readUInt32BE(8);
  if (count === 0) return (level) => level;
  if (count === 1) return (level) => level ** (tag.readUInt16BE(12) / 256);
  return (level) => {
    const place = level * (count - 1);
    const below = Math.min(Math.floor(place), count - 2);
    const [from, to] = [tag.readUInt16BE(12 + below * 2), tag.readUInt16BE(14 + below * 2)];
    return (from + (to - from) * (place - below)) / 65_535;
  };
}

/** A power, or a power with a straight part in the dark: the forms in use. */
function readParametricCurve(tag: Buffer): (level: number) => number {
  const form = tag.readUInt16BE(8);
  const g = fixed(tag, 12);
  if (form === 0) return (level) => level ** g;
  if (form !== 3) throw new Error('expected a form that is in use');
  const [a = 1, b = 0, c = 0, d = 0] = [16, 20, 24, 28].map((offset) => fixed(tag, offset));
  return (level) => (level >= d ? (a * level + b) ** g : c * level);
}
