import sharp from 'sharp';

export interface Photo {
  readonly name: string;
  readonly type: string;
  readonly bytes: Buffer;
}

/** Width, height, format: what people upload, from a phone's photo to a small graphic. */
const KINDS = [
  [4032, 3024, 'jpeg'],
  [1920, 1080, 'jpeg'],
  [1600, 1200, 'png'],
  [3000, 2000, 'jpeg'],
  [1280, 960, 'jpeg'],
  [800, 600, 'png'],
  [2048, 1536, 'jpeg'],
  [1024, 1024, 'jpeg'],
] as const;

/** Photos that are the same in every run: soft shapes and a little grain, so that they compress as real ones do. */
export function generatePhotos(): Promise<Photo[]> {
  return Promise.all(
    KINDS.map(async ([width, height, format], index) => ({
      name: `${index}.${format}`,
      type: `image/${format}`,
      bytes: await generatePhoto(width, height, format, index + 1),
    })),
  );
}

function generatePhoto(width: number, height: number, format: 'jpeg' | 'png', seed: number): Promise<Buffer> {
  const pixels = Buffer.alloc(width * height * 3);
  const grain = grains(seed);
  for (let y = 0, at = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1, at += 3) {
      const noise = grain() & 7;
      pixels[at] = 128 + 100 * Math.sin((x * seed) / 190) + noise;
      pixels[at + 1] = 128 + 100 * Math.sin((y * seed) / 230) + noise;
      pixels[at + 2] = 128 + 100 * Math.sin((x + y) / 310) + noise;
    }
  }
  const image = sharp(pixels, { raw: { width, height, channels: 3 } });
  return format === 'jpeg' ? image.jpeg({ quality: 85 }).toBuffer() : image.png().toBuffer();
}

/** Pseudo-random 32-bit numbers (xorshift). */
function grains(seed: number): () => number {
  let state = seed;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state;
  };
}
