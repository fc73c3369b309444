import { z } from 'zod';
import { showValue } from './explain-issue.ts';

/** A number in a query, where all is text: decimal digits and nothing else. `schema`: what the number must be. */
export function queryNumber<S extends z.ZodType<number>>(schema: S): z.ZodPreprocess<S> {
  return z.preprocess((given, context) => {
    if (typeof given === 'string' && /^-?\d{1,15}$/.test(given)) return Number(given);
    context.addIssue({ code: 'custom', message: `expected a whole number, got ${showValue(given)}` });
    return z.NEVER;
  }, schema);
}
