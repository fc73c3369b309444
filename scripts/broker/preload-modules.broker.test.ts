import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { evaluate } from './evaluate.mjs';
import type { NodeRecord } from './node-record.mjs';
import { startBroker } from './start-broker.mjs';

const given = JSON.parse(process.env['HEDDLE_TEST_BROKER'] ?? '{}') as NodeRecord | { url?: string };

test.runIf('nodename' in given)(
  'a node leaves a list of what it has loaded, and the next one loads what is on it, as far as there is such a thing',
  async () => {
    const { installation, folder } = given as NodeRecord;
    // Not the shared list: nodes beside this one read it.
    const parent = mkdtempSync(join(dirname(folder), 'preload-'));
    onTestFinished(() => rmSync(parent, { recursive: true, force: true }));
    const broker = await startBroker({ folder: join(parent, 'node'), installation });
    onTestFinished(() => broker.stop());
    const list = await vi.waitFor(() => {
      const release = readdirSync(parent).find((name) => name.startsWith('release-'));
      const path = join(parent, release ?? '', 'modules.term');
      expect(readFileSync(path, 'utf8')).toMatch(/^\[[^\]]*\brabbit_channel,[^\]]*\]\.\n$/);
      return path;
    });

    await broker.halt();
    writeFileSync(list, '[nothing_of_that_name,xmerl_scan].\n');
    await broker.start();
    expect(await evaluate(broker.record, 'code:is_loaded(xmerl_scan)')).not.toBe('false');
    expect(readFileSync(list, 'utf8')).toContain('xmerl_scan');
  },
);
