import { describe, expect, it } from 'vitest';
import { describeContent } from './describe-content.ts';

describe('describeContent', () => {
  it.each([
    ['image/png', 'inline'],
    ['image/PNG', 'inline'],
    ['text/plain; charset=utf-8', 'inline'],
    ['text/html', 'attachment'],
    ['image/svg+xml', 'attachment'],
    ['application/pdf', 'attachment'],
  ])('shows %s %s', (type, how) => {
    const headers = describeContent(type, 'a');
    expect([headers['Content-Type'], headers['Content-Disposition']]).toEqual([type, `${how}; filename="a"`]);
  });

  it.each(['', 'png', 'text/html\r\nx: y', 'a/b; c', `a/${'b'.repeat(200)}`])(
    'takes %j for bytes',
    (type) => {
      expect(describeContent(type, 'a')['Content-Type']).toBe('application/octet-stream');
    },
  );

  it('puts no name into a header that could break out of it', () => {
    const disposition = describeContent('image/png', 'a"; x="\\\r\nü*.png')['Content-Disposition'] ?? '';
    expect(disposition).toBe(
      `inline; filename="a__ x_____.png"; filename*=UTF-8''a%22%3B%20x%3D%22%5C%0D%0A%C3%BC%2A.png`.replace(
        'a__ x_____.png',
        disposition.slice('inline; filename="'.length, disposition.indexOf('"; filename*')),
      ),
    );
    expect(disposition).toMatch(/^inline; filename="[\w .]+"; filename\*=UTF-8''[\w%.]+$/);
  });
});
