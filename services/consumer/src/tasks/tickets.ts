import { defineState, defineTask } from '@heddle/client';
import { HeddleError, stateKeySchema } from '@heddle/contracts';
import { z } from 'zod';

const seats = z.int().min(1).max(1_000_000_000);

/** How many seats an event has, and how many of them are reserved; `null`: it was never opened. */
export const houses = defineState({
  name: 'tickets',
  schema: z.object({ seats: z.int().min(0), reserved: z.int().min(0) }).nullable(),
  initial: null,
});

export const ticketsOpen = defineTask({
  name: 'tickets.open',
  description: 'Says how many seats an event has; again: changes it, but not below what is reserved.',
  input: z.strictObject({ event: stateKeySchema, seats }),
  output: z.object({ event: stateKeySchema, seats: z.int(), left: z.int() }),
  state: houses,
  errorCodes: ['seats_taken'],
  serialBy: (input) => input.event,
  run: ({ input, state, commit }) => {
    const reserved = state?.reserved ?? 0;
    if (input.seats < reserved) {
      throw new HeddleError(
        'seats_taken',
        `expected at least the ${reserved} seats that are reserved, got ${input.seats}`,
      );
    }
    return commit({ seats: input.seats, reserved }, { ...input, left: input.seats - reserved });
  },
});

export const ticketsReserve = defineTask({
  name: 'tickets.reserve',
  description: 'Reserves seats of an event, all of them or none; never more than there are.',
  input: z.strictObject({ event: stateKeySchema, seats: seats.default(1) }),
  output: z.object({ event: stateKeySchema, seats: z.int(), left: z.int() }),
  state: houses,
  errorCodes: ['event_not_found', 'sold_out'],
  serialBy: (input) => input.event,
  run: ({ input, state, commit }) => {
    if (!state) throw new HeddleError('event_not_found', `"${input.event}" was never opened`);
    const left = state.seats - state.reserved - input.seats;
    if (left < 0) {
      throw new HeddleError(
        'sold_out',
        `expected ${input.seats} seats of "${input.event}", ${left + input.seats} are left`,
      );
    }
    return commit({ ...state, reserved: state.reserved + input.seats }, { ...input, left });
  },
});
