import type { BrokerLog } from './broker.ts';

/** Says nothing: for those who give no log. */
export const silentLog: BrokerLog = { debug() {}, info() {}, warn() {}, error() {} };
