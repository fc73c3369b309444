import { expect, it } from 'vitest';
import { summarise } from './summarise.mjs';

it('counts what was made, and names what was not with its reason', () => {
  const results = [
    { file: 'a.jpg', outcome: 'made', thumbnails: 3 },
    { file: 'b.svg', outcome: 'refused', thumbnails: 0, reason: 'image_format_refused: got SVG: no' },
    { file: 'c.svg', outcome: 'refused', thumbnails: 0, reason: 'image_format_refused: got SVG' },
    { file: 'd.jpg', outcome: 'failed', thumbnails: 0, reason: 'crashed' },
  ];
  expect(summarise(results, 2_000, 'out')).toEqual([
    '4 images in 2.0 s: 2.0 images/s',
    '3 thumbnails of 1 images in out',
    '2 refused',
    '  image_format_refused: 2',
    '      b.svg  got SVG: no',
    '      c.svg  got SVG',
    '1 failed',
    '  crashed: 1',
    '      d.jpg',
  ]);
});
