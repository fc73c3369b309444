import { describe, expect, it } from 'vitest';
import { formatEventId, parseEventId } from './event-id.ts';

describe('event ids', () => {
  it('are read as they are written', () => {
    const position = { epoch: '019a-b_c', offset: 123_456, index: 7 };
    expect(parseEventId(formatEventId(position))).toEqual(position);
  });

  it.each([
    '',
    'x',
    '1.2',
    'e.1.2.3',
    'e.-1.0',
    'e.1e9.0',
    'e.99999999999999999.0',
    'e.1.x',
    ' e.1.0',
    'a\nb.1.0',
  ])('are not %j', (text) => {
    expect(parseEventId(text)).toBeUndefined();
  });
});
