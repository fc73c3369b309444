import { isLinearizable, type Step } from '../../../test/support/check-history.ts';
import type { KeyedCall, Recorded } from './keyed-process.ts';
import type { KeyedProcess } from './keyed-stack.ts';

export type QueueKind = 'fifo' | 'lifo' | 'priority';
export const queueKinds: readonly QueueKind[] = ['fifo', 'lifo', 'priority'];

/** What a process may do with a queue. `done` stands for `taskDone`. */
export const queueCalls = [
  'put',
  'putNowait',
  'get',
  'getNowait',
  'done',
  'size',
  'join',
  'shutdown',
  'shutdownNow',
] as const;
export type QueueCall = (typeof queueCalls)[number];

/** A queue and what each process does with it, one call after the other. */
export interface QueueScript {
  readonly kind: QueueKind;
  readonly name: string;
  readonly maxsize: number;
  readonly programs: readonly (readonly { readonly call: QueueCall; readonly rank: number }[])[];
}

/** `die`: what a process that was killed had taken comes back. */
export interface Seen extends Step, Pick<Recorded, 'value' | 'error'> {
  readonly by: number;
  readonly what: QueueCall | 'die';
  /** Of a put. */
  readonly id: number;
  readonly rank: number;
}

const SOON_MS = 20;
/** Who waits for less is told that the recorder has not answered when it has not for so long, as when the machine stands still. */
const HEARING_MS = 2_000;
const PAUSE_MS = 50;
/** Twice the heartbeat, which is a second, and the time that the recorder gives those who are gone. */
const FROZEN_MS = 7_000;

/**
 * Lets the processes do what the script says, all at the same time, and then get and be done with what is left, until everything is
 * joined. `disturb` goes on meanwhile, and says what it has done to which process, and when.
 */
export async function performQueue(
  processes: readonly KeyedProcess[],
  { kind, name, maxsize, programs }: QueueScript,
  disturb: () => Promise<readonly Harm[]> = () => Promise.resolve([]),
): Promise<Seen[]> {
  const history: Seen[] = [];
  const joins: Promise<unknown>[] = [];
  let ids = 0;
  const record = async (by: number, what: QueueCall, rank: number): Promise<Recorded> => {
    const one = processes[by];
    if (!one) throw new Error(`there is no process ${by}`);
    ids += 1;
    const id = ids;
    const call = toCall(what, kind === 'priority' ? [rank, { id }] : id);
    const began = microseconds();
    const done = await Promise.race([
      one.ask<Recorded>({ kind, name, size: maxsize, ...call, recorded: true }),
      one.ended.then((): Recorded => ({ error: 'Killed', began, ended: Number.POSITIVE_INFINITY })),
    ]);
    if (isUnheard(what, done)) history.push(...whatMayBe({ by, what, id, rank, began }));
    else history.push({ ...done, by, what, id, rank, optional: done.error === 'Killed' });
    return done;
  };
  const disturbing = disturb();
  await Promise.all(
    programs.map(async (program, by) => {
      for (const { call, rank } of program) {
        const done = record(by, call, rank);
        if (call === 'join') joins.push(done);
        else await done;
      }
    }),
  );
  const harmed = await disturbing;
  for (const { by, at } of harmed) {
    history.push({
      by,
      what: 'die',
      began: at,
      ended: Number.POSITIVE_INFINITY,
      optional: true,
      id: 0,
      rank: 0,
    });
  }
  const dead = new Set(harmed.filter(({ killed }) => killed).map(({ by }) => by));
  const left = programs.map((_, by) => by).filter((by) => !dead.has(by));
  joins.push(record(left[0] ?? 0, 'join', 0));
  const end = new AbortController();
  const all = Promise.all(joins).then(() => end.abort());
  await Promise.all(
    left.map(async (by) => {
      while ((await record(by, 'done', 0)).error !== 'ValueError');
      while (!end.signal.aborted) {
        const { error } = await record(by, 'getNowait', 0);
        if (error === undefined) while ((await record(by, 'done', 0)).error === 'LeaseLostError');
        // What a dead process had taken may still come back.
        else await Promise.race([all, new Promise((resolve) => setTimeout(resolve, PAUSE_MS))]);
      }
    }),
  );
  return history;
}

/** Whether nobody knows what came of a call that had a limit. */
function isUnheard(what: QueueCall, { error, began, ended }: Recorded): boolean {
  if (ended - began < HEARING_MS * 1_000) return false;
  return (what === 'put' && error === 'HeddleError') || (what === 'get' && error === 'Empty');
}

/** What was put unheard stays, at some time; what was got unheard goes back to its place: it is nobody's until then. */
function whatMayBe(call: Pick<Seen, 'by' | 'what' | 'id' | 'rank' | 'began'>): Seen[] {
  const some = { ...call, error: 'Killed', ended: Number.POSITIVE_INFINITY, optional: true };
  if (call.what === 'put') return [some];
  const by = -call.id;
  return [
    { ...some, by },
    { ...some, by, what: 'die' },
  ];
}

function toCall(what: QueueCall, item: unknown): Pick<KeyedCall, 'call' | 'args'> {
  const timeout = SOON_MS;
  switch (what) {
    case 'put':
      return { call: 'put', args: [item, { timeout }] };
    case 'putNowait':
      return { call: 'putNowait', args: [item] };
    case 'get':
      return { call: 'get', args: [{ timeout }] };
    case 'done':
      return { call: 'taskDone', args: [] };
    case 'size':
      return { call: 'qsize', args: [] };
    case 'shutdownNow':
      return { call: 'shutdown', args: [{ immediate: true }] };
    default:
      return { call: what, args: [] };
  }
}

interface Item {
  readonly id: number;
  readonly rank: number;
  /** Which one was put before the others. */
  readonly seq: number;
}

/** A queue that one alone uses: what Python's would be. */
interface Model {
  readonly seq: number;
  readonly ready: readonly Item[];
  /** By process, oldest first. */
  readonly taken: Readonly<Record<number, readonly Item[]>>;
  /** By process: what it had taken and has gone back, which it does not know yet. */
  readonly lost: Readonly<Record<number, number>>;
  readonly closed: boolean;
}

/** Whether one queue could have answered all of this, each call in one moment between its beginning and its end. */
export function isQueueHistory(kind: QueueKind, maxsize: number, history: readonly Seen[]): boolean {
  const empty: Model = { seq: 0, ready: [], taken: {}, lost: {}, closed: false };
  return isLinearizable(history, empty, (model, seen) => apply(kind, maxsize, model, seen));
}

function apply(kind: QueueKind, maxsize: number, model: Model, seen: Seen): Model | undefined {
  const { ready, taken, closed } = model;
  const own = taken[seen.by] ?? [];
  const lost = model.lost[seen.by] ?? 0;
  const only = (could: boolean): Model | undefined => (could ? model : undefined);
  const isFull = maxsize > 0 && ready.length >= maxsize;
  switch (seen.what) {
    case 'put':
    case 'putNowait': {
      if (seen.error === 'ShutDown') return only(closed);
      if (seen.error === 'Full') return only(isFull && !closed);
      if (isStrange(seen)) return undefined;
      const item = { id: seen.id, rank: kind === 'priority' ? seen.rank : 0, seq: model.seq };
      return isFull || closed ? undefined : { ...model, seq: model.seq + 1, ready: [...ready, item] };
    }
    case 'get':
    case 'getNowait': {
      if (seen.error === 'ShutDown') return only(ready.length === 0 && closed);
      if (seen.error === 'Empty') return only(ready.length === 0 && !closed);
      const next = nextOf(kind, ready);
      if (!next || isStrange(seen) || (seen.error !== 'Killed' && next.id !== idOf(kind, seen.value)))
        return undefined;
      const rest = ready.filter((item) => item !== next);
      return { ...model, ready: rest, taken: { ...taken, [seen.by]: [...own, next] } };
    }
    case 'done':
      if (seen.error === 'ValueError') return only(own.length + lost === 0);
      if (seen.error === 'LeaseLostError') {
        return lost === 0 ? undefined : { ...model, lost: { ...model.lost, [seen.by]: lost - 1 } };
      }
      // What was lost was taken first.
      return own.length === 0 || lost > 0 || isStrange(seen)
        ? undefined
        : { ...model, taken: { ...taken, [seen.by]: own.slice(1) } };
    case 'size':
      return only(seen.error === 'Killed' || seen.value === ready.length);
    case 'join':
      return only(
        !isStrange(seen) && ready.length === 0 && Object.values(taken).every(({ length }) => length === 0),
      );
    case 'shutdown':
      return { ...model, closed: true };
    case 'shutdownNow':
      return { ...model, closed: true, ready: [] };
    case 'die':
      return {
        ...model,
        ready: [...ready, ...own],
        taken: { ...taken, [seen.by]: [] },
        lost: { ...model.lost, [seen.by]: lost + own.length },
      };
  }
}

/** No queue answers so. */
function isStrange({ error }: Seen): boolean {
  return error !== undefined && error !== 'Killed';
}

function nextOf(kind: QueueKind, ready: readonly Item[]): Item | undefined {
  const sign = kind === 'lifo' ? -1 : 1;
  return ready.toSorted((a, b) => a.rank - b.rank || sign * (a.seq - b.seq))[0];
}

function idOf(kind: QueueKind, value: unknown): number {
  return kind === 'priority' ? (value as [number, { id: number }])[1].id : (value as number);
}

/** What was done to a process whose items then go back, and when, by the machine's clock. */
interface Harm {
  readonly by: number;
  readonly at: number;
  /** It makes no more calls. */
  readonly killed: boolean;
}

export async function killOne(processes: readonly KeyedProcess[], by: number): Promise<Harm[]> {
  const at = microseconds();
  await processes[by]?.kill();
  return [{ by, at, killed: true }];
}

/** Stops a process where it stands, for long enough that it is taken for dead, and lets it go on. */
export async function freezeOne(processes: readonly KeyedProcess[], by: number): Promise<Harm[]> {
  const at = microseconds();
  processes[by]?.freeze();
  await new Promise((resolve) => setTimeout(resolve, FROZEN_MS));
  processes[by]?.thaw();
  return [{ by, at, killed: false }];
}

function microseconds(): number {
  return Number(process.hrtime.bigint() / 1_000n);
}
