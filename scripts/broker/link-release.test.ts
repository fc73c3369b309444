import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readlinkSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { linkRelease } from './link-release.mjs';

const HOME = '/usr/lib/rabbitmq/lib/rabbitmq_server-9.9.9';

/** The root of a system of its own. */
function makeRoot(): string {
  const root = mkdtempSync(join(tmpdir(), 'heddle-release-'));
  onTestFinished(() => rmSync(root, { recursive: true, force: true }));
  return root;
}

/** An application with modules, and the description that names what it needs. */
function makeApplication(folder: string, modules: readonly string[], needed: readonly string[] = []): void {
  const name = /([^/]+)-[^-]*$/.exec(folder)?.[1] ?? '';
  const ebin = join(folder, 'ebin');
  mkdirSync(ebin, { recursive: true });
  writeFileSync(join(ebin, `${name}.app`), `{application,${name},[{applications,[${needed.join(',')}]}]}.`);
  for (const module of modules) writeFileSync(join(ebin, `${module}.beam`), '');
}

test('a release has what rabbit needs and no more, and all modules of that in the folder that is looked into first', () => {
  const root = makeRoot();
  const plugins = join(root, HOME, 'plugins');
  makeApplication(join(plugins, 'rabbit-9.9.9'), ['rabbit'], ['kernel', 'ra']);
  makeApplication(join(plugins, 'ra-2.0.0'), ['ra', 'both']);
  makeApplication(join(plugins, 'rabbitmq_shovel-9.9.9'), ['shovel']);
  makeApplication(join(root, '/usr/lib/erlang/lib/kernel-9.0'), ['code', 'both']);
  makeApplication(join(root, '/usr/lib/erlang/lib/wx-2.0'), ['wx']);

  const made = linkRelease({ home: HOME, root }, join(root, 'nodes'));

  const linked = readdirSync(join(root, made, 'plugins'));
  expect(linked.toSorted()).toEqual(['ra-2.0.0', 'rabbit-9.9.9', expect.any(String)]);
  // RabbitMQ looks from z to a.
  const first = join(root, made, 'plugins', linked.toSorted().at(-1) ?? '', 'ebin');
  const modules = readdirSync(first).map((file) => [file, readlinkSync(join(first, file))]);
  expect(Object.fromEntries(modules)).toEqual({
    'rabbit.beam': `${HOME}/plugins/rabbit-9.9.9/ebin/rabbit.beam`,
    'ra.beam': `${HOME}/plugins/ra-2.0.0/ebin/ra.beam`,
    'both.beam': `${HOME}/plugins/ra-2.0.0/ebin/both.beam`,
    'code.beam': '/usr/lib/erlang/lib/kernel-9.0/ebin/code.beam',
  });
});

test('nodes share a release until something that rabbit needs has another version', () => {
  const root = makeRoot();
  const link = (): string => linkRelease({ home: HOME, root }, join(root, 'nodes'));
  makeApplication(join(root, HOME, 'plugins/rabbit-9.9.9'), ['rabbit'], ['kernel']);
  makeApplication(join(root, '/usr/lib/erlang/lib/kernel-9.0'), ['code']);
  const made = link();
  expect(link()).toBe(made);
  renameSync(join(root, '/usr/lib/erlang/lib/kernel-9.0'), join(root, '/usr/lib/erlang/lib/kernel-9.1'));
  expect(link()).not.toBe(made);
  expect(readdirSync(join(root, 'nodes'))).toHaveLength(2);
});
