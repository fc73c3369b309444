import { HeddleError } from '@heddle/contracts';
import { expect, it } from 'vitest';
import { explainFault } from './explain-fault.ts';

it.each([
  ['Input image exceeds pixel limit', 'image_too_large'],
  ['VipsJpeg: Maximum supported image dimension is 65500 pixels', 'image_too_large'],
  ['timeout: 42% complete', 'timed_out'],
  ['VipsJpeg: premature end of JPEG image', 'image_corrupt'],
  ['Input buffer has corrupt header:', 'image_corrupt'],
])('calls "%s" %s', (said, code) => {
  const explained = explainFault(new Error(`${said}\nerror in tile 0 x 0`), 'jpeg');
  expect(explained.code).toBe(code);
  expect(explained.message).not.toMatch(/\n|:$/);
});

it('leaves our own errors alone', () => {
  const own = new HeddleError('image_format_refused', 'no');
  expect(explainFault(own, 'jpeg')).toBe(own);
});
