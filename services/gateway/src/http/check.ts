import { describeIssues, type ErrorCode, HeddleError, type Issue, issuesOf } from '@heddle/contracts';
import type { z } from 'zod';

/** Parses with a schema; throws `invalid_request` (or `code`) naming the path of each fault and what was expected there. */
export function check<S extends z.ZodType>(
  schema: S,
  value: unknown,
  prefix = '',
  code: ErrorCode = 'invalid_request',
): z.infer<S> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const issues = namedIssues(parsed.error, prefix);
  throw new HeddleError(code, describeIssues(issues), { issues });
}

/** As `issuesOf`, but an unknown field is named by its own path, and an absent one is called that. */
function namedIssues(error: z.ZodError, prefix: string): Issue[] {
  return issuesOf(
    {
      issues: error.issues.flatMap((issue) => {
        if (issue.code === 'unrecognized_keys') {
          return issue.keys.map((key) => ({
            path: [...issue.path, key],
            message: 'expected no field of this name',
          }));
        }
        const message =
          issue.code === 'invalid_type' && issue.expected === 'nonoptional'
            ? 'expected a value, got nothing'
            : issue.message;
        return [{ path: issue.path, message }];
      }),
    },
    prefix,
  );
}
