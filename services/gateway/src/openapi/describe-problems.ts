import { type ErrorCode, errorTable, problemSchema } from '@heddle/contracts';
import { z } from 'zod';
import type { ResponseDescription } from './route-description.ts';

/** The answers that these errors give, by status; codes that share one are told apart in its description. */
export function problems(...codes: readonly ErrorCode[]): Record<number, ResponseDescription> {
  const byStatus = new Map<number, ErrorCode[]>();
  for (const code of codes) {
    const { status } = errorTable[code];
    byStatus.set(status, [...(byStatus.get(status) ?? []), code]);
  }
  return Object.fromEntries(
    [...byStatus].map(([status, these]) => [
      status,
      {
        description: these.map((code) => `\`${code}\`: ${errorTable[code].title}`).join('. '),
        content: { 'application/problem+json': { schema: problemSchema } },
        ...(status === 503 && { headers: z.object({ 'Retry-After': z.string() }) }),
      },
    ]),
  );
}
