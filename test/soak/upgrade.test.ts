import { afterAll, beforeAll, it } from 'vitest';
import { keepPosting } from '../support/keep-posting.ts';
import { buildOlderVersion, type OlderVersion } from '../support/older-version.ts';
import { ServiceFleet } from '../support/service-fleet.ts';
import type { ServiceName } from '../support/service-process.ts';

/** What is upgraded from: any commit, as git names it. */
const FROM = process.env['HEDDLE_UPGRADE_FROM'] ?? 'HEAD~50';
/** In the order of docs/operations/upgrades.md. */
const ORDER: readonly ServiceName[] = [
  'recorder',
  'consumer',
  'consumer',
  'producer',
  'producer',
  'notifier',
  'gateway',
  'gateway',
];

let older: OlderVersion;
let fleet: ServiceFleet;

beforeAll(async () => {
  older = buildOlderVersion(FROM);
  fleet = await ServiceFleet.open();
  // The recorder first: what it declares is then there for all.
  for (const name of ORDER) await fleet.start([name], 'started', older.root);
}, 300_000);

afterAll(async () => {
  await fleet?.stop();
  older?.remove();
});

it(`an upgrade from ${FROM}, and the way back of all but the recorder, lose no job and tell clients nothing but "come again"`, async () => {
  const load = keepPosting(fleet.gateways, (index) => {
    const tags = ['upgrade'];
    if (index % 10 === 0) return { task: 'debug.sleep', input: { ms: 50 }, tags };
    if (index % 10 === 1)
      return { task: 'ledger.deposit', input: { account: `a${index % 7}`, amount: 1 }, tags };
    if (index % 10 === 2) return { task: 'debug.echo', input: index, delay: 1_500, tags };
    return { task: 'debug.echo', input: { index }, tags };
  });
  const batches: string[] = [];
  const upgradeAll = async (places: readonly number[], version?: URL) => {
    batches.push(await fleet.submitBatch());
    for (const place of places) {
      await load.reached(load.accepted.size + 100);
      await fleet.replace(place, version);
    }
    await load.reached(load.accepted.size + 100);
  };
  const places = [...ORDER.keys()];
  await upgradeAll(places);
  const upgraded = load.accepted.size;
  await upgradeAll(places.slice(1).toReversed(), older.root);
  await load.stop();
  await fleet.expectNothingLost(load, batches);
  console.log(
    `from ${older.commit} to this version: ${upgraded} jobs accepted meanwhile, and ${load.accepted.size - upgraded} on the way back; none lost; ` +
      `refused ${JSON.stringify(Object.fromEntries(load.refused))}`,
  );
}, 600_000);
