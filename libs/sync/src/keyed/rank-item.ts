import { MAX_RANK, ValueError } from '@heddle/contracts';

/**
 * Text that sorts, byte by byte, as the items of a priority queue do: numbers by value, strings by their characters, arrays
 * by their first element that differs, a shorter one first; numbers before strings before arrays. What cannot be compared,
 * such as an object in the second place of an array, counts as equal, and with everything behind it: then the one that
 * came first is first.
 */
export function rankItem(item: unknown): string {
  const rank = rankOf(item);
  if (rank === undefined) {
    throw new ValueError(
      `item: expected a number, a string, or an array that begins with one, got ${kindOf(item)}`,
    );
  }
  if (Buffer.byteLength(rank) > MAX_RANK) throw new ValueError('item: what it is sorted by is too long');
  return rank;
}

function rankOf(item: unknown): string | undefined {
  if (typeof item === 'number' && !Number.isNaN(item)) return `n${rankNumber(item)}`;
  if (typeof item === 'string') return `s${rankText(item)}`;
  if (!Array.isArray(item)) return undefined;
  let rank = '';
  for (const [index, element] of item.entries()) {
    const next = rankOf(element);
    if (next === undefined) return index === 0 ? undefined : `t${rank}`;
    rank += next;
  }
  // Lower than any element: the shorter array is first.
  return `t${rank}!`;
}

/** The bits of the number, turned so that they sort as it does. */
function rankNumber(value: number): string {
  const bytes = Buffer.alloc(8);
  bytes.writeDoubleBE(value === 0 ? 0 : value);
  const bits = bytes.readBigUInt64BE();
  const negative = bits >> 63n === 1n;
  const turned = negative ? ~bits & 0xffff_ffff_ffff_ffffn : bits | (1n << 63n);
  return turned.toString(16).padStart(16, '0');
}

const END = '\u0001\u0001';

/** Ended by what sorts below any character. NUL, which databases refuse, and U+0001 are written as two characters. */
function rankText(text: string): string {
  return text.replaceAll('\u0001', '\u0001\u0003').replaceAll('\0', '\u0001\u0002') + END;
}

function kindOf(item: unknown): string {
  return Number.isNaN(item)
    ? 'NaN'
    : Array.isArray(item)
      ? 'an array that does not'
      : item === null
        ? 'null'
        : typeof item;
}
