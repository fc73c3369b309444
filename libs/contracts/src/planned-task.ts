import { parseDuration } from './duration.ts';
import { HeddleError } from './error.ts';
import { MAX_LANES } from './fair.ts';
import { concurrencyTokens, type Limit, rateTokens, type TokenLimit } from './limit.ts';
import { taskNameSchema } from './task.ts';

/** What of a task decides which queues it has. */
export interface PlannedTask {
  readonly name: string;
  /** Of a task with serial keys. */
  readonly partitions: number | undefined;
  /** Of a fair task; 0: it is none. */
  readonly lanes: number;
  /** How many tokens there are the workers say: they put them there. */
  readonly limits: readonly Omit<TokenLimit, 'count'>[];
}

/** The parts of a definition that `plannedText` looks at. Durations in milliseconds. */
interface Defined {
  readonly name: string;
  readonly serial?: { readonly partitions: number } | undefined;
  readonly fair?: { readonly lanes: number } | undefined;
  readonly limit?: Limit | undefined;
}

const EXPECTED =
  'expected NAME, or NAME:PARTITIONS of a task with serial keys, or NAME:concurrency, NAME:rate=1m and NAME:lanes=8, also one after the other';

/** A task as it is named where its queues are made beforehand: `debug.echo`, `ledger.deposit:4`, `mail.send:concurrency:rate=1m:lanes=8`. */
export function plannedText({ name, serial, fair, limit }: Defined): string {
  return [
    name,
    ...(serial ? [String(serial.partitions)] : []),
    ...(limit?.concurrency === undefined ? [] : ['concurrency']),
    ...(limit?.rate === undefined ? [] : [`rate=${limit.rate.per}ms`]),
    ...(fair ? [`lanes=${fair.lanes}`] : []),
  ].join(':');
}

/** Reads what `plannedText` writes. Throws `invalid_task`. */
export function parsePlannedTask(text: string): PlannedTask {
  const [name = '', ...options] = text.split(':');
  if (!taskNameSchema.safeParse(name).success) refuse(text);
  let partitions: number | undefined;
  let lanes = 0;
  let limit: Limit = {};
  for (const option of options) {
    if (option === 'concurrency') limit = { ...limit, concurrency: 1 };
    else if (option.startsWith('rate=')) {
      const per = parseDuration(option.slice('rate='.length)) || refuse(text);
      limit = { ...limit, rate: { count: 1, per } };
    } else if (option.startsWith('lanes=')) lanes = within(option.slice('lanes='.length), 2, text);
    else partitions = within(option, 1, text);
  }
  const limits = [concurrencyTokens(name, limit), rateTokens(name, limit)];
  return { name, partitions, lanes, limits: limits.filter((one) => one !== undefined) };
}

/** The most of both lanes and partitions. */
function within(value: string, least: number, text: string): number {
  const count = Number(value);
  return Number.isInteger(count) && count >= least && count <= MAX_LANES ? count : refuse(text);
}

function refuse(text: string): never {
  throw new HeddleError('invalid_task', `${EXPECTED}; got "${text}"`);
}
