import { HeddleError } from '@heddle/contracts';

/** The formats that are opened. */
export const openedFormats = ['jpeg', 'png', 'webp', 'gif', 'avif'] as const;
export type OpenedFormat = (typeof openedFormats)[number];

interface Signature {
  readonly format: string;
  matches(bytes: Buffer): boolean;
}

const at = (offset: number, text: string) => (bytes: Buffer) =>
  bytes.subarray(offset, offset + text.length).toString('latin1') === text;
/** The brands of an ISO media file: the major one, then the compatible ones. */
const brands = (bytes: Buffer): string =>
  bytes.subarray(8, Math.min(bytes.length, Math.max(16, bytes.readUInt32BE(0)), 256)).toString('latin1');

const signatures: readonly Signature[] = [
  { format: 'jpeg', matches: at(0, '\xff\xd8\xff') },
  { format: 'png', matches: at(0, '\x89PNG\r\n\x1a\n') },
  { format: 'webp', matches: (bytes) => at(0, 'RIFF')(bytes) && at(8, 'WEBP')(bytes) },
  { format: 'gif', matches: (bytes) => at(0, 'GIF87a')(bytes) || at(0, 'GIF89a')(bytes) },
  { format: 'avif', matches: (bytes) => at(4, 'ftyp')(bytes) && /avi[fs]/.test(brands(bytes)) },
  // Known, so that the refusal can name them; opened by libraries that nobody should feed strangers' files.
  {
    format: 'HEIC',
    matches: (bytes) => at(4, 'ftyp')(bytes) && /hei[cfsx]|hev[cx]|mif1/.test(brands(bytes)),
  },
  {
    format: 'TIFF',
    matches: (bytes) => /^(II[*+]\0|MM\0[*+])/.test(bytes.subarray(0, 4).toString('latin1')),
  },
  {
    format: 'SVG',
    matches: (bytes) => /^\s*(<\?xml[^]*|<!--[^]*|<!DOCTYPE svg[^]*)?<svg[\s>]/i.test(start(bytes)),
  },
  { format: 'XML', matches: (bytes) => /^\s*<\?xml/.test(start(bytes)) },
  { format: 'PDF', matches: at(0, '%PDF-') },
  { format: 'PostScript', matches: at(0, '%!PS') },
  {
    format: 'BMP',
    matches: (bytes) => at(0, 'BM')(bytes) && bytes.length > 26 && bytes.readUInt32LE(6) === 0,
  },
  { format: 'ICO', matches: at(0, '\0\0\x01\0') },
  { format: 'Photoshop', matches: at(0, '8BPS') },
  { format: 'JPEG XL', matches: (bytes) => at(0, '\xff\x0a')(bytes) || at(4, 'JXL ')(bytes) },
  { format: 'JPEG 2000', matches: (bytes) => at(4, 'jP  ')(bytes) || at(0, '\xff\x4f\xff\x51')(bytes) },
  { format: 'OpenEXR', matches: at(0, '\x76\x2f\x31\x01') },
  { format: 'Radiance HDR', matches: at(0, '#?RADIANCE') },
  { format: 'FITS', matches: at(0, 'SIMPLE  =') },
  { format: 'Netpbm', matches: (bytes) => /^P[1-7FfH][\s#]/.test(bytes.subarray(0, 3).toString('latin1')) },
  {
    format: 'VIPS',
    matches: (bytes) => at(0, '\x08\xf2\xa6\xb6')(bytes) || at(0, '\xb6\xa6\xf2\x08')(bytes),
  },
];

/** Enough for a signature, and for what may stand before `<svg`. */
function start(bytes: Buffer): string {
  return bytes
    .subarray(0, 1_024)
    .toString('latin1')
    .replace(/^\xef\xbb\xbf/, '');
}

/**
 * What the first bytes say an image is; what its sender called it does not count. Throws `image_format_refused` for a
 * known format that is not opened, and `image_unrecognised` for everything else.
 */
export function sniffImage(bytes: Buffer): OpenedFormat {
  const found = bytes.length < 12 ? undefined : signatures.find((signature) => signature.matches(bytes));
  const expected = `expected ${openedFormats.map((format) => format.toUpperCase()).join(', ')}`;
  if (!found) {
    const got = bytes.length === 0 ? 'nothing' : `${bytes.length} bytes that are none of these`;
    throw new HeddleError('image_unrecognised', `${expected}; got ${got}`);
  }
  if (isOpened(found.format)) return found.format;
  throw new HeddleError('image_format_refused', `${expected}; got ${found.format}, which is not opened`);
}

function isOpened(format: string): format is OpenedFormat {
  return (openedFormats as readonly string[]).includes(format);
}
