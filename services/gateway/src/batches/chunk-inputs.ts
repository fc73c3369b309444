import { describeIssues, HeddleError } from '@heddle/contracts';

/** The input of a job that gets several of a list. */
export function inputOf(items: readonly unknown[], input: object = {}): unknown {
  return { ...input, items };
}

/** A list in chunks, the last of which may be shorter; as it is without `chunk`. */
export function chunkInputs(
  inputs: readonly unknown[],
  chunk: number | undefined,
  input?: object,
): unknown[] {
  if (chunk === undefined) return [...inputs];
  return Array.from({ length: Math.ceil(inputs.length / chunk) }, (_, place) =>
    inputOf(inputs.slice(place * chunk, (place + 1) * chunk), input),
  );
}

/** An error of the checks whose faults are named by their places in the list that the client sent, not in its chunks. */
export function inList(error: unknown, chunk: number | undefined): unknown {
  if (chunk === undefined || !(error instanceof HeddleError) || error.issues.length === 0) return error;
  const issues = error.issues.map(({ path, message }) => ({
    path: path.replace(
      /^inputs\.(\d+)\.items\.(\d+)/,
      (_, place: string, item: string) => `inputs.${Number(place) * chunk + Number(item)}`,
    ),
    message,
  }));
  return new HeddleError(error.code, describeIssues(issues), { issues });
}
