import type { CleanUp } from './clean-up.ts';

/** What every benchmark is given. */
export interface BenchSettings {
  readonly amqpUrl: string;
  /** Measured rounds of each contestant, at least 1. */
  readonly rounds: number;
  /** 1 for a full run; less makes every round proportionally smaller (0.05 in tests). */
  readonly scale: number;
  /** Absolute path of a folder of photos; absent: generated ones. */
  readonly folder: string | undefined;
}

/** A benchmark's round: the settings, a folder of its own that is removed afterwards, and where to put what must be undone. */
export interface BenchSession extends BenchSettings {
  readonly dataFolder: string;
  readonly cleanUp: CleanUp;
  /** Says what is going on, one line, to standard error. */
  say(line: string): void;
}

/** Ours beside a reference, both measured in `unit`, where more is better. */
export interface Comparison {
  readonly kind: 'comparison';
  readonly name: string;
  /** Something per second, such as `jobs/s`. */
  readonly unit: string;
  /** Least ratio of ours to the reference; absent: only watched. */
  readonly target: number | undefined;
  ours(): Promise<number>;
  reference(): Promise<number>;
}

/** Ours against a limit in `unit`, where less is better. */
export interface Limit {
  readonly kind: 'limit';
  readonly name: string;
  readonly unit: string;
  /** Of ours, or with `above: 'reference'` of what ours is above the reference. Absent: only watched. */
  readonly limit: number | undefined;
  readonly above?: 'reference';
  ours(): Promise<number>;
  /** What the same takes without us, measured by turns with ours. */
  reference?(): Promise<number>;
}

export type Measurement = Comparison | Limit;

export interface Benchmark {
  readonly name: string;
  /** One line for people. */
  readonly about: string;
  /** Whether each measurement is run once unmeasured first, so that just-in-time compilers have seen it. */
  readonly warmUp: boolean;
  /** Starts what is measured and gives back what to measure, in order. */
  prepare(session: BenchSession): Promise<readonly Measurement[]>;
}

/** What came out of one measurement: every round's figure and the medians. */
export interface Outcome {
  readonly name: string;
  readonly unit: string;
  readonly ours: Series;
  readonly kind: Measurement['kind'];
  readonly reference: Series | undefined;
  /** Ours to reference. Absent when there is nothing to compare with. */
  readonly ratio: number | undefined;
  /** Least ratio of a comparison, or the limit itself. */
  readonly target: number | undefined;
  /** What the limit is for; absent: ours. */
  readonly above?: 'reference';
  /** Absent when there is no target. */
  readonly met: boolean | undefined;
}

export interface Series {
  readonly rounds: readonly number[];
  readonly median: number;
}
