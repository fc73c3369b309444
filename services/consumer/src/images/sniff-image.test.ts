import { describe, expect, it } from 'vitest';
import { quartersImage } from '../../test/pictures.ts';
import { openedFormats, sniffImage } from './sniff-image.ts';

const text = (content: string) => Buffer.from(content.padEnd(64, ' '), 'latin1');
const box = (brand: string) =>
  Buffer.from(`\0\0\0\x18ftyp${brand}\0\0\0\0${brand}mif1`.padEnd(64, '\0'), 'latin1');

describe('sniffImage', () => {
  it.each(openedFormats)('knows %s by its first bytes', async (format) => {
    expect(sniffImage(await quartersImage().toFormat(format).toBuffer())).toBe(format);
  });

  it.each([
    ['SVG', text('<svg xmlns="http://www.w3.org/2000/svg"/>')],
    ['SVG', text('\xef\xbb\xbf<?xml version="1.0"?>\n<!-- drawn -->\n<svg width="1"/>')],
    ['XML', text('<?xml version="1.0"?><note/>')],
    ['TIFF', text('II*\0')],
    ['TIFF', text('MM\0*')],
    ['PDF', text('%PDF-1.7')],
    ['PostScript', text('%!PS-Adobe-3.0')],
    ['BMP', Buffer.concat([Buffer.from('BM\x46\0\0\0\0\0\0\0', 'latin1'), Buffer.alloc(40)])],
    ['VIPS', text('\xb6\xa6\xf2\x08')],
    ['HEIC', box('heic')],
    ['JPEG XL', text('\xff\x0a')],
    ['Photoshop', text('8BPS')],
  ])('refuses %s by name', (name, bytes) => {
    expect(() => sniffImage(bytes)).toThrow(
      expect.objectContaining({
        code: 'image_format_refused',
        message: `expected JPEG, PNG, WEBP, GIF, AVIF; got ${name}, which is not opened`,
      }),
    );
  });

  it.each([
    ['nothing', Buffer.alloc(0), 'got nothing'],
    ['half a signature', Buffer.from('\xff\xd8', 'latin1'), 'got 2 bytes that are none of these'],
    ['text', text('hello'), 'got 64 bytes that are none of these'],
    ['HTML', text('<!doctype html><html>'), 'none of these'],
  ])('does not recognise %s', (_, bytes, message) => {
    expect(() => sniffImage(bytes)).toThrow(
      expect.objectContaining({
        code: 'image_unrecognised',
        message: expect.stringContaining(message) as string,
      }),
    );
  });
});
