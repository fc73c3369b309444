import { expect, test } from 'vitest';
import { evaluate } from './evaluate.mjs';
import type { NodeRecord } from './node-record.mjs';

const given = JSON.parse(process.env['HEDDLE_TEST_BROKER'] ?? '{}') as NodeRecord | { url?: string };

test.runIf('nodename' in given)(
  'a node finds its modules in the folder that it looks into first',
  async () => {
    for (const module of ['rabbit_channel', 'ra_server', 'ssl_cipher'])
      expect(await evaluate(given as NodeRecord, `code:which(${module})`), module).toContain(
        '/zz-modules-0.0.0/',
      );
  },
);
