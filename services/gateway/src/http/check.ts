import {
  describeIssues,
  type ErrorCode,
  explainIssue,
  HeddleError,
  type Issue,
  issuesOf,
} from '@heddle/contracts';
import type { z } from 'zod';

/** Parses with a schema; throws `invalid_request` (or `code`) naming the path of each fault and what was expected there. */
export function check<S extends z.ZodType>(
  schema: S,
  value: unknown,
  prefix = '',
  code: ErrorCode = 'invalid_request',
): z.infer<S> {
  const parsed = schema.safeParse(value, { error: explainIssue });
  if (parsed.success) return parsed.data;
  const issues = namedIssues(parsed.error, prefix);
  throw new HeddleError(code, describeIssues(issues), { issues });
}

/** As `issuesOf`, but an unknown field is named by its own path. */
function namedIssues(error: z.ZodError, prefix: string): Issue[] {
  return issuesOf(
    {
      issues: error.issues.flatMap((issue) =>
        issue.code === 'unrecognized_keys'
          ? issue.keys.map((key) => ({
              path: [...issue.path, key],
              message: 'expected no field of this name',
            }))
          : issue,
      ),
    },
    prefix,
  );
}
