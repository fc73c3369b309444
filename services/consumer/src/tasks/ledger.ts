import { defineState, defineTask } from '@heddle/client';
import {
  DURATION_TEXT,
  expected,
  HeddleError,
  MAX_DURATION_MS,
  parseDuration,
  stateKeySchema,
} from '@heddle/contracts';
import { z } from 'zod';

/** In the smallest unit of the currency: whole numbers add up. */
const amount = z.int().min(1);
const result = z.object({ account: stateKeySchema, balance: z.int() });

export const accounts = defineState({
  name: 'ledger',
  schema: z.object({ balance: z.int().min(0) }),
  initial: { balance: 0 },
});

export const ledgerDeposit = defineTask({
  name: 'ledger.deposit',
  description: 'Adds an amount to an account, once.',
  input: z.strictObject({ account: stateKeySchema, amount }),
  output: result,
  state: accounts,
  serialBy: (input) => input.account,
  run: ({ input, state, commit }) => {
    const balance = state.balance + input.amount;
    if (!Number.isSafeInteger(balance))
      throw new HeddleError('invalid_state', 'the balance would be too large');
    return commit({ balance }, { account: input.account, balance });
  },
});

const DEFAULT_WAIT_MS = 30_000;
const A_DEADLINE = '0, a duration such as "30s" of up to 365 days, or a time such as "2030-01-31T12:00:00Z"';

/** How long to wait for the amount (`0`: not at all), in milliseconds inside; or until when. */
const deadline = z
  .union(
    [
      z.int().min(0).max(MAX_DURATION_MS),
      z
        .string()
        .regex(DURATION_TEXT)
        .transform((text) => parseDuration(text))
        .pipe(z.int().max(MAX_DURATION_MS)),
      z.iso.datetime({ offset: true }).transform((text) => new Date(text)),
    ],
    { error: expected(A_DEADLINE) },
  )
  .meta({ errorMessage: `expected ${A_DEADLINE}` });

export const ledgerWithdraw = defineTask({
  name: 'ledger.withdraw',
  description:
    'Takes an amount from an account as soon as it has it; gives up at the deadline with insufficient_funds.',
  input: z.strictObject({ account: stateKeySchema, amount, deadline: deadline.default(DEFAULT_WAIT_MS) }),
  output: result,
  state: accounts,
  errorCodes: ['insufficient_funds'],
  serialBy: (input) => input.account,
  run: ({ input, state, commit, waitForChange }) => {
    const balance = state.balance - input.amount;
    if (balance >= 0) return commit({ balance }, { account: input.account, balance });
    const otherwise = new HeddleError(
      'insufficient_funds',
      `expected at least ${input.amount} in "${input.account}", it has ${state.balance}`,
    );
    const until = input.deadline;
    return waitForChange(typeof until === 'number' ? { for: until, otherwise } : { until, otherwise });
  },
});

export const ledgerBalance = defineTask({
  name: 'ledger.balance',
  description: 'What an account has now.',
  input: z.strictObject({ account: stateKeySchema }),
  output: result,
  run: async ({ input, readState }) => ({
    account: input.account,
    balance: (await readState(accounts, input.account)).balance,
  }),
});
