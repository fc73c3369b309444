export { AddressGuard, isAddressRange, literalIn, type Refusal } from './guard-address.ts';
export { guardedLookup } from './guarded-lookup.ts';
