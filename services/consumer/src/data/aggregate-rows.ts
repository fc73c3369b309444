import {
  type AggregateResult,
  type AggregateSpec,
  HeddleError,
  type PartialAggregate,
} from '@heddle/contracts';
import { ExactSum } from '../math/exact-sum.ts';

const MOST_GROUPS = 100_000;
/** Sums of numbers below it do not overflow, however many rows there are. */
const LARGEST = 1e300;

type Scalar = string | number | boolean | null;
/** A column of a row; undefined: the row has none. */
export type Row = (column: string) => unknown;

interface Numbers {
  count: number;
  readonly sum: ExactSum;
  min: number;
  max: number;
}

interface Group {
  readonly key: readonly Scalar[];
  rows: number;
  readonly numbers: readonly Numbers[];
}

/**
 * Counts, sums, least and greatest of columns, by groups. Of the same rows always the same, however they were divided among
 * several that were merged, in whatever order: nothing is rounded before the end.
 */
export class Aggregate {
  readonly #spec: AggregateSpec;
  readonly #groups = new Map<string, Group>();
  #rows = 0;

  constructor(spec: AggregateSpec) {
    this.#spec = spec;
  }

  /** Throws `data_unreadable` for a number beyond 1e300, `data_too_many_groups` beyond 100,000. */
  add(row: Row): void {
    this.#rows += 1;
    const group = this.#groupOf(this.#spec.groupBy.map((column) => scalarOf(row(column))));
    group.rows += 1;
    for (const [place, field] of this.#spec.fields.entries()) {
      const number = numberOf(row(field));
      if (number === undefined) continue;
      if (Math.abs(number) > LARGEST) {
        throw new HeddleError(
          'data_unreadable',
          `column "${field}": expected a number up to ${LARGEST}, got ${number}`,
        );
      }
      const numbers = group.numbers[place] as Numbers;
      numbers.count += 1;
      numbers.sum.add(number);
      numbers.min = Math.min(numbers.min, number);
      numbers.max = Math.max(numbers.max, number);
    }
  }

  merge({ rows, groups }: PartialAggregate): void {
    this.#rows += rows;
    for (const [key, groupRows, parts] of groups) {
      const group = this.#groupOf(key);
      group.rows += groupRows;
      for (const [place, [count, sum, min, max]] of parts.entries()) {
        const numbers = group.numbers[place];
        if (!numbers)
          throw new HeddleError('data_unreadable', 'partials: expected as many fields as asked for');
        numbers.count += count;
        numbers.sum.addAll(sum);
        numbers.min = Math.min(numbers.min, min ?? Number.POSITIVE_INFINITY);
        numbers.max = Math.max(numbers.max, max ?? Number.NEGATIVE_INFINITY);
      }
    }
  }

  /** What `merge` takes; JSON. */
  partial(): PartialAggregate {
    return {
      rows: this.#rows,
      groups: this.#sorted().map(({ key, rows, numbers }) => [
        [...key],
        rows,
        numbers.map(({ count, sum, min, max }) => [count, sum.parts(), ...boundsOf(count, min, max)]),
      ]),
    };
  }

  result(): AggregateResult {
    const { fields, groupBy } = this.#spec;
    return {
      rows: this.#rows,
      groups: this.#sorted().map(({ key, rows, numbers }) => ({
        key: Object.fromEntries(groupBy.map((column, place) => [column, key[place] ?? null])),
        rows,
        fields: Object.fromEntries(
          fields.map((field, place) => [field, describe(numbers[place] as Numbers)]),
        ),
      })),
    };
  }

  #groupOf(key: readonly Scalar[]): Group {
    const name = JSON.stringify(key);
    let group = this.#groups.get(name);
    if (!group) {
      if (this.#groups.size >= MOST_GROUPS) {
        throw new HeddleError('data_too_many_groups', `expected at most ${MOST_GROUPS} groups, got more`);
      }
      const numbers = this.#spec.fields.map(() => ({
        count: 0,
        sum: new ExactSum(),
        min: Number.POSITIVE_INFINITY,
        max: Number.NEGATIVE_INFINITY,
      }));
      this.#groups.set(name, (group = { key, rows: 0, numbers }));
    }
    return group;
  }

  #sorted(): Group[] {
    const byName = [...this.#groups].toSorted(([a], [b]) => (a < b ? -1 : 1));
    return byName.map(([, group]) => group);
  }
}

function describe({ count, sum, min, max }: Numbers) {
  const total = sum.value();
  const [least, greatest] = boundsOf(count, min, max);
  return { count, sum: total, min: least, max: greatest, mean: count === 0 ? null : total / count };
}

function boundsOf(count: number, min: number, max: number): [number | null, number | null] {
  // JSON has no negative nought: without one here, partials that travelled give what those that did not give.
  return count === 0 ? [null, null] : [min + 0, max + 0];
}

/** What a group can be named by; objects by their JSON. */
function scalarOf(value: unknown): Scalar {
  if (value === undefined || value === null) return null;
  if (typeof value === 'number') return value + 0;
  return typeof value === 'string' || typeof value === 'boolean' ? value : JSON.stringify(value);
}

/** No digit fits two parts of it: a long row of them that is no number after all is read once. */
const DECIMAL = /^\s*[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?\s*$/;

/** A number, or text that is one, as CSV has them; undefined: neither. */
function numberOf(value: unknown): number | undefined {
  if (typeof value === 'number') return value;
  return typeof value === 'string' && DECIMAL.test(value) ? Number(value) : undefined;
}
