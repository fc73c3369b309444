import { mkdirSync, writeFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { setup as build } from '../../test/support/global-build.ts';
import { mixedLoad } from '../../test/support/mixed-load.ts';
import { TestPrometheus } from '../../test/support/prometheus.ts';
import { SystemStack } from '../../test/support/system-stack.ts';
import { startTestBroker } from '../broker/start-test-broker.mjs';
import { overview } from '../generate/grafana/overview.ts';
import { tasks } from '../generate/grafana/tasks.ts';
import { drawDashboard } from './draw-dashboard.ts';
import { readPanels } from './read-panels.ts';

const DRAWN = { overview, tasks };
const SCRAPE_SECONDS = 2;
/** A wave of load from almost none to much and back. */
const WAVE_MS = 80_000;
const BURST_JOBS = 600;
const folder = fileURLToPath(new URL('../../docs/pictures/', import.meta.url));

const { values } = parseArgs({ options: { seconds: { type: 'string', default: '240' } } });
const seconds = Number(values.seconds);
if (!(seconds >= 40)) throw new RangeError(`--seconds: expected a number from 40, got "${values.seconds}"`);

build();
const pictures = await observe();
mkdirSync(folder, { recursive: true });
for (const { name, svg } of pictures) {
  writeFileSync(`${folder}${name}.svg`, svg);
  console.log(`written: docs/pictures/${name}.svg, ${Math.round(svg.length / 1_024)} KB`);
}
process.exit();

async function observe(): Promise<{ name: string; svg: string }[]> {
  const broker = await startTestBroker();
  process.env['HEDDLE_TEST_BROKER'] = JSON.stringify(broker.record);
  try {
    const stack = await SystemStack.start({ tasks: 'debug.*,image.thumbnail' });
    try {
      return await observeStack(stack);
    } finally {
      await stack.stop();
    }
  } finally {
    await broker.stop();
  }
}

async function observeStack(stack: SystemStack): Promise<{ name: string; svg: string }[]> {
  const targets = stack.services.map(({ ops }) => ops);
  const prometheus = await TestPrometheus.start({ targets, scrapeSeconds: SCRAPE_SECONDS });
  try {
    await loadInWaves(stack.api.url);
    const to = Date.now();
    const window = { from: to - (seconds - 20) * 1_000, to, stepSeconds: Math.ceil(seconds / 80) };
    const drawn: { name: string; svg: string }[] = [];
    for (const [name, dashboard] of Object.entries(DRAWN)) {
      const panels = await readPanels(dashboard, prometheus, window);
      drawn.push({ name, svg: drawDashboard(dashboard, panels) });
    }
    return drawn;
  } finally {
    await prometheus.stop();
  }
}

/** Load that rises and falls, with a burst of slow jobs at each crest: more than the worker has slots for. */
async function loadInWaves(url: string): Promise<void> {
  console.log(`${seconds} s under load`);
  const started = Date.now();
  const load = mixedLoad(url, 4, () => {
    const wave = (1 - Math.cos((2 * Math.PI * (Date.now() - started)) / WAVE_MS)) / 2;
    return 25 + 400 * (1 - wave) ** 2;
  });
  const end = started + seconds * 1_000;
  for (let crest = started + WAVE_MS / 2; crest < end; crest += WAVE_MS) {
    await pause(crest - Date.now());
    await burst(url);
  }
  await pause(Math.max(0, end - Date.now()));
  await load.stop();
}

async function burst(url: string): Promise<void> {
  const line = JSON.stringify({ task: 'debug.sleep', input: { ms: 3_000 } });
  const response = await fetch(`${url}/v1/jobs/bulk`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-ndjson' },
    body: `${line}\n`.repeat(BURST_JOBS),
  });
  await response.arrayBuffer();
}
