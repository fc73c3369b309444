import { setImmediate as turn } from 'node:timers/promises';
import { describeIssues, HeddleError, type Issue } from '@heddle/contracts';
import type { CheckInput } from '../tasks/compile-schema.ts';

/** Milliseconds of checking between two turns of the event loop: other requests go on meanwhile. */
const AT_ONCE_MS = 5;
/** Faults that one answer names. */
const MOST_FAULTS = 20;

/** Checks every input, the first of which has place `first`. Rejects with `invalid_input` naming the first faults as `inputs.<place>.<path>`. */
export async function checkInputs(
  inputs: readonly unknown[],
  checkInput: CheckInput,
  first = 0,
): Promise<void> {
  const issues: Issue[] = [];
  let turned = performance.now();
  for (const [place, input] of inputs.entries()) {
    if (performance.now() - turned > AT_ONCE_MS) {
      await turn();
      turned = performance.now();
    }
    issues.push(...faultsOf(input, first + place, checkInput));
    if (issues.length >= MOST_FAULTS) break;
  }
  if (issues.length > 0) throw new HeddleError('invalid_input', describeIssues(issues), { issues });
}

function faultsOf(input: unknown, place: number, checkInput: CheckInput): Issue[] {
  try {
    checkInput(input);
    return [];
  } catch (error) {
    if (!(error instanceof HeddleError)) throw error;
    return error.issues.map(({ path, message }) => ({
      path: path.replace(/^input/, `inputs.${place}`),
      message,
    }));
  }
}
