import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Files that take a minute or so: begun late, they run on when there is nothing left to run beside them. */
const LONG = /\/(?:service-life|nothing-lost|ledger)\.test\.ts$/;

/** Vitest's own order, by what it has seen of earlier runs or by size, after the files that take longest. */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const place = ({ project, moduleId }: TestSpecification): number =>
      2 * (project.config.sequence.groupOrder ?? 0) + (LONG.test(moduleId) ? 0 : 1);
    return (await super.sort(files)).toSorted((a, b) => place(a) - place(b));
  }
}
