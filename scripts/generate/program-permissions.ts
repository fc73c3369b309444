import {
  type PlannedObject,
  parsePlannedTask,
  plannedTopology,
  REPLY_SLOTS,
  storeOf,
  syncNames,
} from '@heddle/contracts';
import type { TopicPermission } from './least-permissions.ts';
import { type FillIns, type Permissions, pattern } from './permission-pattern.ts';

/** What a program with `libs/sync` and `libs/client` does on a broker where everything was made beforehand. */
export interface Program {
  /** Named objects of the toolbox; those that are named by their beginning it makes itself. */
  readonly objects: readonly PlannedObject[];
  /** Tasks that it submits jobs of, as `plannedText` writes them or by name alone. */
  readonly submits: readonly string[];
}

const DELAY = 'heddle.delay.<ms>';

/**
 * The least that it needs. Nothing to configure, but for objects that it makes itself: of those, names with their beginning. Every program asks the
 * recorder, about its objects or its jobs, and has the answers on a queue that was made beforehand.
 */
export function programPermissions({ objects, submits }: Program): Permissions {
  const made = objects.filter(({ isPrefix }) => isPrefix);
  const own = fillInsOf(submits);
  const jobs = submits.length === 0 ? [] : ['heddle.submit', 'heddle.events', DELAY, 'heddle.jobs.<task>'];
  return {
    configure: pattern(made.flatMap(namesOf).flat(), own),
    write: pattern(
      [
        'heddle.requests',
        ...jobs,
        ...objects.filter(isSentTo).map((object) => nameOf('seeded', object)),
        ...made.map(storeName),
        // What it begins with goes there; a mark names the number of permits.
        ...(made.length === 0 ? [] : ['heddle.sync', syncNames.permits('<count>')]),
      ],
      own,
    ),
    read: pattern(
      [
        'heddle.replies.<instance>',
        ...objects.flatMap((object) => [storeName(object), nameOf('seeded', object)]),
        // To bind the queues that it makes.
        ...(made.length === 0 ? [] : ['heddle.sync']),
      ],
      own,
    ),
  };
}

/** Jobs of the tasks that it submits, and no others: by routing key. */
export function programTopics({ submits }: Program): TopicPermission[] {
  const own = fillInsOf(submits);
  const rungs = plannedTopology([]).exchanges.filter(({ name }) => name.startsWith('heddle.delay.'));
  const jobs = submits.length === 0 ? [] : ['heddle.submit', ...rungs.map(({ name }) => name)];
  return jobs.map((exchange) => ({ exchange, write: pattern(['<task>'], own), read: '^$' }));
}

/** A lock's token goes to and fro; permits are added, items and changes are put in: by the object's mark. */
function isSentTo({ kind, isPrefix }: PlannedObject): boolean {
  return !isPrefix && (kind === 'semaphore' || kind === 'event' || kind === 'queue');
}

function namesOf(object: PlannedObject): string[] {
  return [storeName(object), nameOf('seeding', object), nameOf('seeded', object)];
}

function storeName(object: PlannedObject): string {
  return nameOf(storeOf(object.object), object);
}

function nameOf(what: 'tokens' | 'items' | 'changes' | 'seeding' | 'seeded', planned: PlannedObject): string {
  return syncNames[what](planned.object) + (planned.isPrefix ? '<rest>' : '');
}

function fillInsOf(submits: readonly string[]): FillIns {
  return {
    tasks: submits.map((text) => parsePlannedTask(text).name),
    of: {
      '<task>': [{ before: '', after: '' }],
      '<count>': '[0-9]+',
      '<instance>': `slot-[0-9]{1,${String(REPLY_SLOTS).length}}`,
    },
  };
}
