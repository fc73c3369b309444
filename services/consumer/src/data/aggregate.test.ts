import type { AggregateSpec } from '@heddle/contracts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Aggregate } from './aggregate-rows.ts';
import { type RowSource, readRows } from './read-rows.ts';

const ndjson: RowSource = { columns: [], format: 'ndjson', delimiter: ',', firstLine: 1 };
const csv: RowSource = { ...ndjson, format: 'csv' };

function aggregate(text: string, spec: Partial<AggregateSpec>, source: RowSource): Aggregate {
  const all = new Aggregate({ fields: [], groupBy: [], ...spec });
  const columns = [...(spec.fields ?? []), ...(spec.groupBy ?? [])];
  for (const { row } of readRows(text, { ...source, columns })) all.add(row);
  return all;
}

const resultOf = (text: string, spec: Partial<AggregateSpec>, source = ndjson) =>
  aggregate(text, spec, source).result();

describe('an aggregate', () => {
  it('has at most 100,000 groups', () => {
    const all = new Aggregate({ fields: [], groupBy: ['n'] });
    for (let n = 0; n < 100_000; n += 1) all.add(() => n);
    expect(all.result()).toMatchObject({ rows: 100_000 });
    all.add(() => 5);
    expect(() => all.add(() => 100_000)).toThrow(expect.objectContaining({ code: 'data_too_many_groups' }));
  });

  it('counts, adds up and compares, by groups in the order of their keys', () => {
    const text =
      '{"city":"Rome","n":2}\n{"city":"Oslo","n":0.1}\n\n{"city":"Oslo","n":0.2}\n{"n":"x"}\n{"city":"Oslo"}';
    expect(resultOf(text, { fields: ['n'], groupBy: ['city'] })).toEqual({
      rows: 5,
      groups: [
        {
          key: { city: 'Oslo' },
          rows: 3,
          fields: { n: { count: 2, sum: 0.1 + 0.2, min: 0.1, max: 0.2, mean: (0.1 + 0.2) / 2 } },
        },
        { key: { city: 'Rome' }, rows: 1, fields: { n: { count: 1, sum: 2, min: 2, max: 2, mean: 2 } } },
        {
          key: { city: null },
          rows: 1,
          fields: { n: { count: 0, sum: 0, min: null, max: null, mean: null } },
        },
      ],
    });
  });

  it('reads CSV with quotes, returns and a header', () => {
    const text = '\uFEFFcity,n,"a ""note"""\r\n"New\nYork, NY",1.5,x\r\nOslo,-2,\r\n\r\nOslo,1e1,"""y"""\r\n';
    expect(resultOf(text, { fields: ['n'], groupBy: ['city'] }, csv)).toMatchObject({
      rows: 3,
      groups: [
        { key: { city: 'New\nYork, NY' }, fields: { n: { sum: 1.5 } } },
        { key: { city: 'Oslo' }, fields: { n: { sum: 8, min: -2, max: 10 } } },
      ],
    });
    expect(resultOf(text, { groupBy: ['a "note"'] }, csv).groups.map(({ key }) => key)).toEqual([
      { 'a "note"': '' },
      { 'a "note"': '"y"' },
      { 'a "note"': 'x' },
    ]);
  });

  it('reads CSV that has columns without a name, or of the same name, if nobody asks for them', () => {
    const text = 'n,,x,x,\n1,2,3,4,5\n2\n';
    expect(resultOf(text, { fields: ['n'] }, csv)).toMatchObject({ groups: [{ fields: { n: { sum: 3 } } }] });
  });

  it('takes for numbers what CSV writes as such, and nothing else', () => {
    const cells = [
      ' 7 ',
      '+3',
      '-.5',
      '5.',
      '1e2',
      '1E-1',
      '.',
      '1.2.3',
      '0x10',
      '1_000',
      '"1,5"',
      'NaN',
      '--1',
      '1e',
    ];
    expect(resultOf(`n\n${cells.join('\n')}`, { fields: ['n'] }, csv)).toMatchObject({
      rows: cells.length,
      groups: [{ fields: { n: { count: 6, sum: 114.6 } } }],
    });
  });

  it('is not held up by a million digits that are no number', () => {
    const text = `n\n${'1'.repeat(1_000_000)}x\n2\n`;
    expect(resultOf(text, { fields: ['n'] }, csv)).toMatchObject({ groups: [{ fields: { n: { sum: 2 } } }] });
  });

  it('of nothing is nothing', () => {
    expect(resultOf('', { fields: ['n'] })).toEqual({ rows: 0, groups: [] });
    expect(resultOf('a,b\n', { fields: ['a'] }, csv)).toEqual({ rows: 0, groups: [] });
  });

  it.each([
    ['{"a":1}\n{"a":', ndjson, 'line 2: expected JSON'],
    ['[1]', ndjson, 'line 1: expected a JSON object'],
    ['a\n1\n"2', csv, 'line 3: expected a quote to end'],
    ['a\n"1"2', csv, 'line 2: expected nothing between'],
    ['a\n1,2', csv, 'line 2: expected 1 cells, got 2'],
    ['a\n"x\ny"\n1,2', csv, 'line 4: expected 1 cells'],
    ['\nb, c \n1,2', csv, 'line 2: expected a column "a", got "b", "c"'],
    ['a,b,a\n1,2,3', csv, 'line 1: expected one column "a", got several'],
    ['{"a":1e301}', ndjson, 'expected a number up to 1e+300'],
  ])('of %j says what is wrong', (text, source, message) => {
    expect(() => resultOf(text, { fields: ['a'] }, source)).toThrow(message);
  });

  it('has a bound for its groups', () => {
    const all = new Aggregate({ fields: [], groupBy: ['n'] });
    const fill = () => {
      for (let n = 0; n <= 100_000; n += 1) all.add(() => n);
    };
    expect(fill).toThrow('at most 100000 groups');
  });

  const number = fc.oneof(
    fc.double({ noNaN: true, min: -1e300, max: 1e300 }),
    fc.integer(),
    fc.constant(0.1),
  );
  const rows = fc.array(
    fc.record(
      { g: fc.constantFrom('a', 'b', null, 1, '1', true), n: fc.oneof(number, fc.constant('x')) },
      { requiredKeys: [] },
    ),
    { maxLength: 60 },
  );
  const spec = { fields: ['n', 'm'], groupBy: ['g'] };

  it('is the same in one piece and merged from any chunks, in any order, over any steps', () => {
    fc.assert(
      fc.property(rows, fc.array(fc.nat(60), { maxLength: 6 }), fc.boolean(), (all, cuts, backwards) => {
        const lines = all.map((row) => JSON.stringify(row));
        const places = [0, ...cuts.map((cut) => cut % (all.length + 1)), all.length].toSorted(
          (a, b) => a - b,
        );
        const partials = places
          .slice(1)
          .map((end, place) => lines.slice(places[place], end).join('\n'))
          .map((text) => travel(aggregate(text, spec, ndjson).partial()));
        if (backwards) partials.reverse();
        const half = new Aggregate(spec);
        for (const partial of partials.splice(0, Math.floor(partials.length / 2))) half.merge(partial);
        const merged = new Aggregate(spec);
        for (const partial of [...partials, travel(half.partial())]) merged.merge(partial);
        expect(travel(merged.result())).toEqual(travel(resultOf(lines.join('\n'), spec)));
      }),
      { numRuns: 300 },
    );
  });
});

/** As a message does it. */
const travel = <T>(value: T): T => JSON.parse(JSON.stringify(value)) as T;
