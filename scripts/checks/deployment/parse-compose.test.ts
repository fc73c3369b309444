import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { isAbsolute } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { findCompose } from '../../compose/find-compose.mjs';
import { faultsOf, gatewayPort, serviceNames } from './service-facts.ts';

/** What Compose makes of the file. Compose 1 writes ports and mounts as text, Compose 2 as objects. */
interface ParsedService {
  readonly environment?: Readonly<Record<string, string>>;
  readonly build?: { readonly context: string; readonly args: Readonly<Record<string, string>> };
  readonly image?: string;
  readonly profiles?: readonly string[];
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>;
  readonly healthcheck?: { readonly test: readonly string[]; readonly interval: string };
  readonly ports?: readonly (string | { host_ip: string; published: string; target: number })[];
  readonly volumes?: readonly (string | { type: string; source: string; target: string })[];
}

const root = fileURLToPath(new URL('../../../', import.meta.url));
const always: readonly string[] = [...serviceNames, 'rabbitmq', 'postgres'].toSorted();
const observing: readonly string[] = ['grafana', 'prometheus'];
let compose: readonly string[];
let plain: Readonly<Record<string, ParsedService>>;
let observed: typeof plain;

beforeAll(async () => {
  compose = await findCompose();
  plain = servicesOf([]);
  observed = servicesOf(['--profile', 'observability']);
}, 120_000);

/** `config`, with nothing in its environment but what is given here. */
function config(args: readonly string[], env: Readonly<Record<string, string>> = {}, input = '') {
  const [command = '', ...words] = compose;
  const { PATH = '', HOME = root } = process.env;
  return spawnSync(command, [...words, ...args, 'config'], {
    cwd: root,
    encoding: 'utf8',
    env: { PATH, HOME, ...env },
    input,
  });
}

function servicesOf(args: readonly string[], env?: Readonly<Record<string, string>>) {
  const { status, stdout, stderr } = config(args, env);
  expect(status, stderr).toBe(0);
  return (parse(stdout) as { services: Readonly<Record<string, ParsedService>> }).services;
}

const portsOf = ({ ports = [] }: ParsedService) =>
  ports.map((port) =>
    typeof port === 'string'
      ? port.replace('/tcp', '')
      : `${port.host_ip}:${port.published}:${String(port.target)}`,
  );

/** Paths of this machine that are mounted, by where they are in the container. */
const mountsOf = ({ volumes = [] }: ParsedService) =>
  volumes
    .map((volume) => (typeof volume === 'string' ? volume.split(':') : [volume.source, volume.target]))
    .filter(([source = '']) => isAbsolute(source));

const needsOf = (services: typeof plain) =>
  Object.entries(services)
    .flatMap(([name, { depends_on = {} }]) =>
      Object.entries(depends_on).map(([other, { condition }]) => `${name}: ${other} ${condition}`),
    )
    .toSorted();

describe('Compose itself', () => {
  test('reads the file, and would refuse a misspelt one', () => {
    const text = readFileSync(`${root}docker-compose.yml`, 'utf8');
    expect(config(['-f', '-'], {}, text).status).toBe(0);
    expect(config(['-f', '-'], {}, text.replace('depends_on:', 'depend_on:')).status).not.toBe(0);
  });

  test('finds every service, and two more in the profile "observability"', () => {
    const unasked = Object.keys(plain).filter((name) => plain[name]?.profiles === undefined);
    expect(unasked.toSorted()).toEqual(always);
    expect(Object.keys(observed).toSorted()).toEqual([...always, ...observing].toSorted());
    for (const name of observing) expect(observed[name]?.profiles).toEqual(['observability']);
  });

  test('asks each how it is, and starts it when what it needs is well', () => {
    for (const [name, { healthcheck }] of Object.entries(observed)) {
      expect(healthcheck?.test[0], name).toBe('CMD');
      expect(healthcheck?.interval, name).toBe('5s');
    }
    expect(needsOf(observed)).toEqual([
      'consumer: rabbitmq service_healthy',
      'gateway: rabbitmq service_healthy',
      'gateway: recorder service_healthy',
      'grafana: prometheus service_healthy',
      'notifier: rabbitmq service_healthy',
      'producer: rabbitmq service_healthy',
      'recorder: postgres service_healthy',
      'recorder: rabbitmq service_healthy',
    ]);
  });

  test('mounts only what is there', () => {
    const mounts = Object.values(observed).flatMap(mountsOf);
    for (const [source = ''] of mounts) expect(existsSync(source), source).toBe(true);
    expect(mounts.map(([, target]) => target).toSorted()).toEqual([
      '/etc/grafana/provisioning',
      '/etc/prometheus',
      '/etc/rabbitmq/enabled_plugins',
      '/var/lib/grafana/dashboards/heddle',
    ]);
  });

  test.each(serviceNames)('builds the %s as itself, where the Dockerfile is', (name) => {
    const { build, image } = plain[name] ?? {};
    expect(existsSync(`${build?.context ?? ''}/Dockerfile`)).toBe(true);
    expect(build?.args).toEqual({ SERVICE: name });
    expect(image).toBe(`heddle/${name}`);
  });

  test.each(serviceNames)('gives the %s settings that it has, as anchors and defaults make them', (name) => {
    const environment = plain[name]?.environment ?? {};
    expect(environment).toMatchObject({
      AMQP_URL: 'amqp://heddle:heddle@rabbitmq:5672',
      LOG_LEVEL: 'info',
    });
    expect(faultsOf(name, environment)).toEqual([]);
    expect(environment['HEDDLE_WEBHOOK_SECRET']).toBe(name === 'notifier' ? '' : undefined);
  });

  test('opens ports on 127.0.0.1 only: the gateway, the console, and who observes', () => {
    expect(Object.values(observed).flatMap(portsOf).toSorted()).toEqual([
      '127.0.0.1:15672:15672',
      '127.0.0.1:3000:3000',
      `127.0.0.1:8080:${gatewayPort}`,
      '127.0.0.1:9090:9090',
    ]);
  });

  test('takes the port, the log level and the secret from whoever starts it', () => {
    const env = { LOG_LEVEL: 'debug', HEDDLE_HTTP_PORT: '9000', HEDDLE_WEBHOOK_SECRET: 'whsec_c2VjcmV0' };
    const services = servicesOf([], env);
    for (const name of serviceNames) expect(services[name]?.environment?.['LOG_LEVEL']).toBe('debug');
    expect(portsOf(services['gateway'] ?? {})).toEqual([`127.0.0.1:9000:${gatewayPort}`]);
    expect(services['notifier']?.environment?.['HEDDLE_WEBHOOK_SECRET']).toBe(env.HEDDLE_WEBHOOK_SECRET);
  });
});
