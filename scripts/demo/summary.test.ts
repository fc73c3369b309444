import { expect, it } from 'vitest';
import { Summary } from './summary.mjs';

it('counts what was made, and names what was not with its reason', () => {
  const summary = new Summary();
  const results = [
    { file: 'a.jpg', outcome: 'made', thumbnails: 3 },
    { file: 'c.svg', outcome: 'refused', thumbnails: 0, reason: 'image_format_refused: got SVG' },
    { file: 'b.svg', outcome: 'refused', thumbnails: 0, reason: 'image_format_refused: got SVG: no' },
    { file: 'e.jpg', outcome: 'done', thumbnails: 3 },
    { file: 'd.jpg', outcome: 'failed', thumbnails: 0, reason: 'crashed' },
  ] as const;
  for (const result of results) summary.add(result);
  expect(summary.hasFailed).toBe(true);
  expect(summary.lines(2_000, 'out')).toEqual([
    '4 images in 2.0 s: 2.0 images/s',
    '1 more were done before',
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

it('names some files of a reason that many have', () => {
  const summary = new Summary();
  for (let n = 0; n < 1_000; n++) {
    summary.add({
      file: `${n}.txt`,
      outcome: 'refused',
      thumbnails: 0,
      reason: 'image_unrecognised: no image',
    });
  }
  const lines = summary.lines(1_000, 'out');
  expect(lines).toHaveLength(25);
  expect(lines.at(-1)).toBe('      and 980 more');
});

it('shows no control characters of names: a terminal would obey them', () => {
  const summary = new Summary();
  const file = 'a\u001B[31m\nb.txt';
  summary.add({ file, outcome: 'refused', thumbnails: 0, reason: 'image_unrecognised: no image' });
  expect(summary.lines(1_000, 'out').at(-1)).toBe('      a\\u001b[31m\\nb.txt  no image');
});
