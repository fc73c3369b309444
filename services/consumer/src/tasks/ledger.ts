import { defineState, defineTask } from '@heddle/client';
import { durationSchema, HeddleError } from '@heddle/contracts';
import { z } from 'zod';

const account = z
  .string()
  .min(1)
  .max(200)
  .regex(/^[^\0]*$/);
/** In the smallest unit of the currency: whole numbers add up. */
const amount = z.int().min(1);
const result = z.object({ account, balance: z.int() });

export const accounts = defineState({
  name: 'ledger',
  schema: z.object({ balance: z.int().min(0) }),
  initial: { balance: 0 },
});

export const ledgerDeposit = defineTask({
  name: 'ledger.deposit',
  description: 'Adds an amount to an account, once.',
  input: z.strictObject({ account, amount }),
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

const IN_30_SECONDS = '30s';

export const ledgerWithdraw = defineTask({
  name: 'ledger.withdraw',
  description:
    'Takes an amount from an account as soon as it has it; gives up at the deadline with insufficient_funds.',
  input: z.strictObject({
    account,
    amount,
    /** How long to wait for the amount (`0`: not at all), or until when. */
    deadline: z
      .union([z.literal(0), durationSchema, z.iso.datetime({ offset: true })])
      .default(IN_30_SECONDS),
  }),
  output: result,
  state: accounts,
  serialBy: (input) => input.account,
  run: ({ input, state, commit, waitForChange }) => {
    const balance = state.balance - input.amount;
    if (balance >= 0) return commit({ balance }, { account: input.account, balance });
    const otherwise = new HeddleError(
      'insufficient_funds',
      `expected at least ${input.amount} in "${input.account}", it has ${state.balance}`,
    );
    const { deadline } = input;
    return waitForChange(
      typeof deadline === 'number' ? { for: deadline, otherwise } : { until: new Date(deadline), otherwise },
    );
  },
});

export const ledgerBalance = defineTask({
  name: 'ledger.balance',
  description: 'What an account has now.',
  input: z.strictObject({ account }),
  output: result,
  run: async ({ input, readState }) => ({
    account: input.account,
    balance: (await readState(accounts, input.account)).balance,
  }),
});
