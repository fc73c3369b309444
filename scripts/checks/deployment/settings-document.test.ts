import { readFileSync } from 'node:fs';
import { baseSettings } from '@heddle/service';
import { expect, test } from 'vitest';
import { type ServiceName, serviceFacts, serviceNames } from './service-facts.ts';

const document = readFileSync(new URL('../../../docs/settings.md', import.meta.url), 'utf8');
const headings: Readonly<Record<ServiceName, string>> = {
  gateway: 'Gateway',
  consumer: 'Consumer (worker)',
  recorder: 'Recorder',
  producer: 'Producer',
  notifier: 'Notifier',
};

/** Name and default of each setting in the table under a heading. */
function described(heading: string): Map<string, string> {
  const section = document.split(`## ${heading}\n`)[1]?.split('\n## ')[0] ?? '';
  const rows = [...section.matchAll(/^\| `([A-Z_]+)` \| (.*?) \|/gm)];
  return new Map(rows.map(([, name = '', fallback = '']) => [name, fallback]));
}

test.each(serviceNames)('docs/settings.md describes exactly the settings of the %s', (service) => {
  const own = Object.keys(serviceFacts[service].settings.shape).filter(
    (name) => !(name in baseSettings.shape),
  );
  expect(new Set(described(headings[service]).keys())).toEqual(new Set(own));
});

test('docs/settings.md describes exactly the settings that every service has', () => {
  expect(new Set(described('Every service').keys())).toEqual(new Set(Object.keys(baseSettings.shape)));
});

test.each(serviceNames)('docs/settings.md gives the defaults of the %s', (service) => {
  const { settings } = serviceFacts[service];
  const defaults = settings.parse({}) as Record<string, unknown>;
  const rows = new Map([...described('Every service'), ...described(headings[service])]);
  for (const [name, fallback] of rows) {
    const literal = /^`([^`]+)`$/.exec(fallback)?.[1];
    if (literal === undefined) continue;
    // As it would be set: a duration may be written `10m`.
    const set = settings.parse({ [name]: literal }) as Record<string, unknown>;
    expect(set[name], `${name}=${literal}`).toEqual(defaults[name]);
  }
});
