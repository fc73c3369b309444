/** Types that a browser shows without running anything in them. */
const SAFE_INLINE = new Set([
  'image/png',
  'image/jpeg',
  'image/webp',
  'image/avif',
  'image/gif',
  'text/plain',
  'application/json',
]);

const MEDIA_TYPE =
  /^[\w!#$&^.+-]{1,100}\/[\w!#$&^.+-]{1,100}(?:\s*;\s*[\w-]{1,40}=(?:[\w.+-]{1,60}|"[\w .+-]{1,60}"))*$/;

/** Headers that say what the bytes are, so that no browser takes them for a page of ours, whatever a task has called them. */
export function describeContent(type: string, name: string): Record<string, string> {
  const safeType = MEDIA_TYPE.test(type) ? type : 'application/octet-stream';
  const inline = SAFE_INLINE.has((safeType.split(';', 1)[0] ?? '').trim().toLowerCase());
  return {
    'Content-Type': safeType,
    'Content-Disposition': `${inline ? 'inline' : 'attachment'}; ${fileName(name)}`,
    'Content-Security-Policy': "default-src 'none'; sandbox",
    'X-Content-Type-Options': 'nosniff',
  };
}

/** RFC 6266: a plain name for old clients, the true one in UTF-8 beside it where they differ. */
function fileName(name: string): string {
  const plain = name.replaceAll(/[^\w .()+-]/g, '_');
  if (plain === name) return `filename="${name}"`;
  const encoded = encodeURIComponent(name).replaceAll(
    /['()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
  return `filename="${plain}"; filename*=UTF-8''${encoded}`;
}
