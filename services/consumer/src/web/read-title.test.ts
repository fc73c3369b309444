import { describe, expect, it } from 'vitest';
import { TitleReader } from './read-title.ts';

/** Reads a page that comes in pieces of this many bytes. */
function titleOf(page: Uint8Array | string, contentType = '', pieceBytes = 7) {
  const bytes = Buffer.from(page as string);
  const reader = new TitleReader(contentType);
  for (let at = 0; at < bytes.length; at += pieceBytes) {
    if (reader.push(bytes.subarray(at, at + pieceBytes))) break;
  }
  return reader.end();
}

const html = (title: string, head = '') =>
  `<!doctype html><html><head>${head}<title>${title}</title></head><body>x`;

describe('the title of a page', () => {
  it.each([
    ['plain', html('Hello'), 'Hello'],
    ['with white space and entities', html('\n  A &amp; B\n &#8211; C&nbsp;\t'), 'A & B – C'],
    ['with what looks like an element', html('1 <b>2</b>'), '1 <b>2</b>'],
    [
      'behind a comment and a script that name others',
      `<!-- <title>no</title> --><script>"<title>no</title>"</script>${html('yes')}`,
      'yes',
    ],
    ['after that of a drawing', `<svg><title>no</title></svg>${html('yes')}`, 'yes'],
    ['the first of two', html('one', '') + html('two'), 'one'],
    ['in capitals, with attributes', '<TITLE lang=de>Grüße</TITLE>', 'Grüße'],
    ['that never ends', '<title>open', 'open'],
    ['that is empty', html(''), ''],
  ])('%s', (_, page, title) => {
    expect(titleOf(page).title).toBe(title);
    expect(titleOf(page, '', 1).title).toBe(title);
    expect(titleOf(page, '', 10_000).title).toBe(title);
  });

  it('is null when there is none', () => {
    expect(titleOf('<html><body>text').title).toBeNull();
    expect(titleOf('').title).toBeNull();
  });

  it('is cut to a thousand characters, and between two', () => {
    const { title } = titleOf(html(`${'x'.repeat(999)}😀😀`));
    expect(title).toBe('x'.repeat(999));
  });

  it('needs no more of the page than it takes', () => {
    const reader = new TitleReader('text/html; charset=utf-8');
    expect(reader.push(Buffer.from('<title>T'))).toBe(false);
    expect(reader.push(Buffer.from('</title>'))).toBe(true);
  });
});

describe('the charset of a page', () => {
  const latin = (text: string) => Buffer.from(text, 'latin1');
  const sjis = Buffer.from([0x93, 0xfa, 0x96, 0x7b]);
  const japanese = Buffer.concat([
    Buffer.from('<title>'),
    sjis,
    Buffer.from('</title><meta charset=Shift_JIS><body>'),
  ]);

  it.each([
    ['the header', latin(html('é')), 'text/html; charset="ISO-8859-1"', 'é', 'windows-1252'],
    [
      'an element before the title',
      latin(html('é', '<meta charset=latin1>')),
      'text/html',
      'é',
      'windows-1252',
    ],
    ['an element after the title', japanese, '', '日本', 'shift_jis'],
    [
      'an element of the old kind',
      Buffer.concat([
        Buffer.from('<meta http-equiv=Content-Type content="text/html; charset=windows-1251"><title>'),
        Buffer.from([0xcf, 0xf0]),
        Buffer.from('</title>'),
      ]),
      '',
      'Пр',
      'windows-1251',
    ],
    [
      'the header, whatever the element says',
      Buffer.from(html('é', '<meta charset=latin1>')),
      'text/html;charset=utf8',
      'é',
      'utf-8',
    ],
    [
      'a byte order mark, whatever the header says',
      Buffer.from(`\uFEFF${html('é')}`),
      'text/html; charset=latin1',
      'é',
      'utf-8',
    ],
    ['a byte order mark of UTF-16', Buffer.from(`\uFEFF${html('é')}`, 'utf16le'), '', 'é', 'utf-16le'],
    ['nobody, in UTF-8', Buffer.from(html('é')), '', 'é', 'utf-8'],
    ['nobody, in what is no UTF-8', latin(html('é')), '', 'é', 'windows-1252'],
    [
      'a header with a charset that nobody knows',
      Buffer.from(html('é')),
      'text/html; charset=klingon',
      'é',
      'utf-8',
    ],
    ['an element that cannot be right', Buffer.from(html('é', '<meta charset=utf-16>')), '', 'é', 'utf-8'],
  ])('is told by %s', (_, page, type, title, charset) => {
    expect(titleOf(page, type)).toEqual({ title, charset });
    expect(titleOf(page, type, 10_000)).toEqual({ title, charset });
  });
});
