import sharp from 'sharp';

export interface Photo {
  readonly name: string;
  readonly type: string;
  readonly bytes: Buffer;
}

interface Kind {
  readonly width: number;
  readonly height: number;
  readonly format: 'jpeg' | 'png';
}

/** What people upload: photos of phones and cameras, some of them reduced, and a few screenshots. Five megapixels in the mean. */
const KINDS: readonly Kind[] = [
  { width: 4032, height: 3024, format: 'jpeg' },
  { width: 1920, height: 1080, format: 'png' },
  { width: 2592, height: 1944, format: 'jpeg' },
  { width: 1600, height: 1200, format: 'jpeg' },
  { width: 3264, height: 2448, format: 'jpeg' },
  { width: 1280, height: 960, format: 'png' },
  { width: 2048, height: 1536, format: 'jpeg' },
  { width: 3000, height: 2000, format: 'jpeg' },
];

/** Different values of grain: as much as makes a JPEG of a photo's usual size, a quarter of a byte a pixel. */
const GRAIN = 32;

/** Photos that are the same in every run: soft shapes, and for photos the grain that keeps them from compressing to nothing. */
export function generatePhotos(): Promise<Photo[]> {
  return Promise.all(
    KINDS.map(async (kind, index) => ({
      name: `${index}.${kind.format}`,
      type: `image/${kind.format}`,
      bytes: await generatePhoto(kind, index + 1),
    })),
  );
}

function generatePhoto({ width, height, format }: Kind, seed: number): Promise<Buffer> {
  const pixels = Buffer.alloc(width * height * 3);
  const across = wave(width, 190 / seed);
  const down = wave(height, 230 / seed);
  const grain = format === 'jpeg' ? grains(seed) : () => 0;
  for (let y = 0, at = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1, at += 3) {
      const dot = grain();
      const red = across[x] ?? 0;
      const green = down[y] ?? 0;
      pixels[at] = red + dot;
      pixels[at + 1] = green + dot;
      pixels[at + 2] = ((red + green) >> 1) + dot;
    }
  }
  const image = sharp(pixels, { raw: { width, height, channels: 3 } });
  return format === 'jpeg' ? image.jpeg({ quality: 85 }).toBuffer() : image.png().toBuffer();
}

/** A sine of this period, from 10 to 210. */
function wave(length: number, period: number): Uint8Array {
  return Uint8Array.from({ length }, (_, at) => 110 + 100 * Math.sin(at / period));
}

/** Pseudo-random numbers below `GRAIN` (xorshift). */
function grains(seed: number): () => number {
  let state = seed;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % GRAIN;
  };
}
