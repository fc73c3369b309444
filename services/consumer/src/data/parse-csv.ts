import { HeddleError } from '@heddle/contracts';

/** Records of CSV as RFC 4180 has it: cells in quotes may hold delimiters, line ends and doubled quotes. `\r\n` and `\n` end a record. */
export function* parseCsv(
  text: string,
  delimiter: string,
  firstLine: number,
): Generator<{ cells: string[]; line: number }> {
  let line = firstLine;
  let at = text.startsWith('\uFEFF') ? 1 : 0;
  while (at < text.length) {
    const cells: string[] = [];
    const begun = line;
    for (let isOver = false; !isOver; ) {
      const cell = text[at] === '"' ? quoted(text, at, begun) : plain(text, at, delimiter);
      cells.push(cell.value);
      line += cell.lines;
      at = cell.end;
      isOver = at >= text.length || text[at] === '\n';
      at += 1;
      // A delimiter at the very end has an empty cell behind it.
      if (!isOver && at >= text.length) cells.push('');
      isOver ||= at >= text.length;
    }
    line += 1;
    yield { cells, line: begun };
  }

  function quoted(
    source: string,
    start: number,
    record: number,
  ): { value: string; end: number; lines: number } {
    let value = '';
    for (let from = start + 1; ; ) {
      const quote = source.indexOf('"', from);
      if (quote < 0) throw new HeddleError('data_unreadable', `line ${record}: expected a quote to end`);
      value += source.slice(from, quote);
      if (source[quote + 1] !== '"') {
        const end = skipReturn(source, quote + 1);
        if (end < source.length && source[end] !== delimiter && source[end] !== '\n') {
          throw new HeddleError(
            'data_unreadable',
            `line ${record}: expected nothing between a quote and the end of its cell`,
          );
        }
        return { value, end, lines: value.split('\n').length - 1 };
      }
      value += '"';
      from = quote + 2;
    }
  }
}

function plain(
  text: string,
  start: number,
  delimiter: string,
): { value: string; end: number; lines: number } {
  let end = start;
  while (end < text.length && text[end] !== delimiter && text[end] !== '\n') end += 1;
  const isCarriage = text[end - 1] === '\r' && end > start && (end === text.length || text[end] === '\n');
  return { value: text.slice(start, isCarriage ? end - 1 : end), end, lines: 0 };
}

function skipReturn(text: string, at: number): number {
  return text[at] === '\r' && (at + 1 === text.length || text[at + 1] === '\n') ? at + 1 : at;
}
