/** Makes the pictures in `samples/`: one of every kind that people send. Run it by hand: `node scripts/make-samples.mjs`. */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';

const folder = fileURLToPath(new URL('../samples', import.meta.url));

/** Hills under a low sun, as SVG. */
function hills(width, height, hue) {
  const ridges = [0.45, 0.58, 0.7, 0.82].map((top, row) => {
    const points = Array.from({ length: 41 }, (_, step) => {
      const wave = Math.sin(step * 0.35 + row * 2) + 0.5 * Math.sin(step * 0.9 + row * 5);
      return `${(step / 40) * width},${height * top + wave * height * 0.05}`;
    });
    const colour = `hsl(${hue + row * 12}, 45%, ${52 - row * 11}%)`;
    return `<polygon fill="${colour}" points="0,${height} ${points.join(' ')} ${width},${height}"/>`;
  });
  return Buffer.from(`<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}">
    <linearGradient id="sky" x2="0" y2="1">
      <stop offset="0" stop-color="hsl(${hue + 180}, 60%, 70%)"/><stop offset="0.6" stop-color="hsl(${hue - 20}, 80%, 80%)"/>
    </linearGradient>
    <rect width="100%" height="100%" fill="url(#sky)"/>
    <circle cx="${width * 0.72}" cy="${height * 0.32}" r="${height * 0.11}" fill="hsl(45, 95%, 72%)"/>
    ${ridges.join('')}
  </svg>`);
}

/** Warp and weft: what a heddle is for. One value a channel, 0 to 1, of every pixel. */
function weave(width, height, colourOf) {
  const values = [];
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const over = (Math.floor(x / 12) + Math.floor(y / 12)) % 2 === 0;
      const along = over ? (y % 12) / 12 : (x % 12) / 12;
      values.push(...colourOf(over, Math.sin(along * Math.PI), x / width, y / height));
    }
  }
  return values;
}

/** A disc with a soft edge on nothing. */
function disc(size, hue) {
  return Buffer.from(`<svg xmlns="http://www.w3.org/2000/svg" width="${size}" height="${size}">
    <radialGradient id="g"><stop offset="0.6" stop-color="hsl(${hue}, 80%, 60%)"/>
    <stop offset="1" stop-color="hsl(${hue}, 80%, 60%)" stop-opacity="0"/></radialGradient>
    <circle cx="50%" cy="50%" r="48%" fill="url(#g)"/></svg>`);
}

function colourWeave(over, light, across, down) {
  const shade = 0.35 + 0.65 * light;
  return over
    ? [shade * 0.9, shade * (0.3 + 0.4 * down), 0.2]
    : [0.15, shade * (0.3 + 0.4 * across), shade * 0.8];
}

const bytes = (values) => Uint8Array.from(values, (value) => Math.round(value * 255));
const words = (values) => Uint16Array.from(values, (value) => Math.round(value * 65_535));
const raw = (width, height, channels) => ({ raw: { width, height, channels } });

/** Frames below each other: a disc that goes round. */
async function spinningDisc() {
  const size = 120;
  const frames = Array.from({ length: 8 }, (_, frame) => {
    const angle = (frame / 8) * 2 * Math.PI;
    const x = Math.round(60 + 35 * Math.cos(angle) - 20);
    const y = Math.round(60 + 35 * Math.sin(angle) - 20);
    return sharp({ create: { width: size, height: size, channels: 3, background: '#203040' } })
      .composite([{ input: disc(40, frame * 45), left: x, top: y }])
      .png()
      .toBuffer();
  });
  return sharp(await Promise.all(frames), { join: { animated: true } })
    .gif({ delay: 100, loop: 0 })
    .toBuffer();
}

/** EXIF orientations turn the stored pixels; `orient` undoes that first, so that all look alike when shown rightly. */
async function orientedHills(orientation) {
  const upright = await sharp(hills(720, 480, 200))
    .png()
    .toBuffer();
  const turns = { 3: 180, 6: -90, 8: 90 };
  return sharp(upright)
    .rotate(turns[orientation])
    .withMetadata({ orientation })
    .jpeg({ quality: 82 })
    .toBuffer();
}

const samples = {
  'hills.jpg': sharp(hills(1200, 800, 150))
    .jpeg({ quality: 82, mozjpeg: true })
    .toBuffer(),
  'hills-grey.jpg': sharp(hills(800, 600, 30))
    .toColourspace('b-w')
    .jpeg({ quality: 82 })
    .toBuffer(),
  'hills-cmyk.jpg': sharp(hills(640, 420, 20))
    .toColourspace('cmyk')
    .jpeg({ quality: 70 })
    .toBuffer(),
  'hills-upside-down.jpg': orientedHills(3),
  'hills-turned-left.jpg': orientedHills(6),
  'hills-turned-right.jpg': orientedHills(8),
  'weave.png': sharp(bytes(weave(360, 240, colourWeave)), raw(360, 240, 3))
    .png()
    .toBuffer(),
  'weave-16-bit.png': sharp(words(weave(240, 240, colourWeave)), raw(240, 240, 3))
    .toColourspace('rgb16')
    .png()
    .toBuffer(),
  'disc-transparent.png': sharp(disc(400, 320)).png().toBuffer(),
  'disc-palette.png': sharp(disc(300, 80)).png({ palette: true, colours: 32, dither: 0 }).toBuffer(),
  'hills.webp': sharp(hills(1000, 667, 260))
    .webp({ quality: 80 })
    .toBuffer(),
  'disc-transparent.webp': sharp(disc(400, 200)).webp({ lossless: true }).toBuffer(),
  'hills.avif': sharp(hills(900, 600, 90))
    .avif({ quality: 55 })
    .toBuffer(),
  'disc-spinning.gif': spinningDisc(),
  'tiny.png': sharp(disc(20, 0)).png().toBuffer(),
  // Formats that are refused, and a file that is no picture.
  'hills.svg': hills(300, 200, 150),
  'weave.tiff': sharp(bytes(weave(120, 120, colourWeave)), raw(120, 120, 3))
    .tiff({ compression: 'deflate' })
    .toBuffer(),
};

rmSync(folder, { recursive: true, force: true });
mkdirSync(folder);
for (const [name, made] of Object.entries(samples)) writeFileSync(join(folder, name), await made);
