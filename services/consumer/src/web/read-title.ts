import { Parser } from 'htmlparser2';

/** What a declaration of the charset may stand in, at most, once a title is known. */
const DECLARED_WITHIN_BYTES = 64 * 1024;
const MAX_TITLE_CHARACTERS = 1_000;
/** What browsers take an undeclared charset for that is no UTF-8. */
const LEGACY = 'windows-1252';

export interface PageTitle {
  /** White space folded, at most 1,000 characters; null: the page has none. */
  readonly title: string | null;
  /** Name of the charset that it was read with, as the Encoding Standard writes it. */
  readonly charset: string;
}

/**
 * Reads the title of an HTML page as it comes, by a parser that holds no tree, and no more of the page than it takes: until the
 * title is known, and in which charset. That is said by a byte order mark, else the `content-type`, else a `meta` element;
 * unsaid, it is UTF-8 if the title is, else windows-1252. What a wrong guess has read is read again.
 */
export class TitleReader {
  readonly #chunks: Uint8Array[] = [];
  #bytes = 0;
  #charset: string;
  /** Whether a mark, a header or an element has said so. */
  #isDeclared = false;
  #reading: Reading;

  /** `contentType`: as it came, or empty. */
  constructor(contentType: string) {
    const named = charsetNamed(/charset\s*=\s*["']?([^\s;"']+)/i.exec(contentType)?.[1]);
    this.#isDeclared = named !== undefined;
    this.#charset = named ?? 'utf-8';
    this.#reading = new Reading(this.#charset);
  }

  /** True: nothing more is needed. */
  push(chunk: Uint8Array): boolean {
    this.#chunks.push(chunk);
    this.#bytes += chunk.byteLength;
    if (this.#bytes === chunk.byteLength) this.#heedMark(chunk);
    this.#reading.push(chunk);
    this.#heedElement();
    const { title, isPastHead } = this.#reading;
    if (title === undefined) return false;
    return this.#isDeclared || isPastHead || isAscii(title) || this.#bytes > DECLARED_WITHIN_BYTES;
  }

  /** The title, with what has come so far. */
  end(): PageTitle {
    this.#reading.end();
    this.#heedElement();
    if (!this.#isDeclared && this.#reading.title?.includes('\uFFFD')) this.#readAgain(LEGACY);
    const { title } = this.#reading;
    return { title: title === undefined ? null : fold(title), charset: this.#charset };
  }

  /** A mark counts for more than a header does. */
  #heedMark(start: Uint8Array): void {
    const [first, second, third] = start;
    const marked =
      first === 0xef && second === 0xbb && third === 0xbf
        ? 'utf-8'
        : first === 0xfe && second === 0xff
          ? 'utf-16be'
          : first === 0xff && second === 0xfe
            ? 'utf-16le'
            : undefined;
    if (marked === undefined) return;
    this.#isDeclared = true;
    this.#charset = marked;
    this.#reading = new Reading(marked);
  }

  #heedElement(): void {
    if (this.#isDeclared) return;
    const named = charsetNamed(this.#reading.metaCharset);
    if (named === undefined) return;
    this.#isDeclared = true;
    // An element that can be read as ASCII is not in UTF-16, whatever it says.
    const charset = named.startsWith('utf-16') ? 'utf-8' : named;
    if (charset !== this.#charset) this.#readAgain(charset);
  }

  #readAgain(charset: string): void {
    this.#charset = charset;
    this.#reading = new Reading(charset);
    for (const chunk of this.#chunks) this.#reading.push(chunk);
  }
}

/** One reading of a page in one charset. */
class Reading {
  /** Known once the element has ended, or the page with it. */
  title: string | undefined;
  metaCharset: string | undefined;
  /** No declaration of the charset counts any more. */
  isPastHead = false;
  readonly #decoder: InstanceType<typeof TextDecoder>;
  readonly #parser: Parser;
  #text: string | undefined;
  /** Drawings have titles of their own. */
  #drawings = 0;

  constructor(charset: string) {
    this.#decoder = new TextDecoder(charset);
    this.#parser = new Parser({
      onopentag: (name, attributes) => this.#open(name, attributes),
      ontext: (text) => {
        if (this.#text !== undefined && this.#text.length < MAX_TITLE_CHARACTERS * 4) this.#text += text;
      },
      onclosetag: (name) => this.#close(name),
    });
  }

  push(chunk: Uint8Array): void {
    this.#parser.write(this.#decoder.decode(chunk, { stream: true }));
  }

  end(): void {
    this.#parser.end(this.#decoder.decode());
    this.title ??= this.#text;
  }

  #open(name: string, attributes: Record<string, string>): void {
    if (name === 'svg') this.#drawings += 1;
    else if (name === 'body') this.isPastHead = true;
    else if (name === 'meta') this.metaCharset ??= declaredIn(attributes);
    else if (name === 'title' && this.#drawings === 0 && this.title === undefined) this.#text = '';
  }

  #close(name: string): void {
    if (name === 'svg') this.#drawings = Math.max(0, this.#drawings - 1);
    else if (name === 'head') this.isPastHead = true;
    else if (name === 'title' && this.#text !== undefined) {
      this.title ??= this.#text;
      this.#text = undefined;
    }
  }
}

/** In one line, and cut where no character is. */
function fold(title: string): string {
  const line = title.replaceAll(/[\s\p{Cc}]+/gu, ' ').trim();
  return line.slice(0, MAX_TITLE_CHARACTERS).replace(/[\uD800-\uDBFF]$/, '');
}

function declaredIn({ charset, content, 'http-equiv': header }: Record<string, string>): string | undefined {
  if (charset !== undefined) return charset;
  if (header?.toLowerCase() !== 'content-type') return undefined;
  return /charset\s*=\s*["']?([^\s;"']+)/i.exec(content ?? '')?.[1];
}

/** The charset as the Encoding Standard names it; undefined: nobody knows it. */
function charsetNamed(label: string | undefined): string | undefined {
  if (label === undefined) return undefined;
  try {
    return new TextDecoder(label).encoding;
  } catch {
    return undefined;
  }
}

function isAscii(text: string): boolean {
  for (let at = 0; at < text.length; at += 1) if (text.charCodeAt(at) > 127) return false;
  return true;
}
