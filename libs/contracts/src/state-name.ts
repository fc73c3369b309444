import { z } from 'zod';

/** Names what a key's state belongs to: a word or several, dotted; tasks that name the same one share it. */
export const stateNameSchema = z
  .string()
  .max(100)
  .regex(/^[a-z][a-z0-9-]*(\.[a-z0-9][a-z0-9-]*)*$/, {
    error: 'expected lower-case words such as "ledger" or "shop.stock"',
  });

/** What jobs are told apart by: 1 to 200 characters, no NUL. */
export const stateKeySchema = z
  .string()
  .min(1)
  .max(200)
  .regex(/^[^\0]*$/, { error: 'expected no NUL character' });
