import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { Ajv } from 'ajv';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { serviceFacts, serviceNames } from './service-facts.ts';

interface ComposeService {
  readonly environment: Readonly<Record<string, string>>;
  readonly networks?: readonly string[];
  readonly healthcheck: { readonly test: readonly string[] };
  readonly stop_grace_period?: string;
}

const path = (name: string) => fileURLToPath(new URL(`../../../${name}`, import.meta.url));
const read = (name: string) => readFileSync(path(name), 'utf8');
const compose = parse(read('docker-compose.yml'), { merge: true }) as {
  services: Readonly<Record<string, ComposeService>>;
};

test.each(serviceNames)('the %s starts on the ops port that these tests take for its own', (service) => {
  expect(read(`services/${service}/src/main.ts`)).toContain(`opsPort: ${serviceFacts[service].opsPort},`);
});

describe('docker-compose.yml', () => {
  test('is what the Compose Specification allows, without an unknown key', () => {
    const package_ = createRequire(import.meta.url).resolve('dclint/package.json');
    const schema = readFileSync(new URL('schemas/compose.schema.json', `file://${package_}`), 'utf8');
    const { $schema: _, ...rest } = JSON.parse(schema) as { $schema: string };
    const ajv = new Ajv({ allErrors: true, strict: false, validateFormats: false });
    const validate = ajv.compile(rest);
    validate(compose);
    expect(validate.errors ?? []).toEqual([]);
    const misspelt = { ...compose, services: { gateway: { ...compose.services['gateway'], depend_on: [] } } };
    expect(validate(misspelt)).toBe(false);
  });

  test('is one project, whatever its folder is called', () => {
    // What Compose reads beside the file: data in volumes is found again under this name.
    expect(read('.env')).toMatch(/^COMPOSE_PROJECT_NAME=heddle$/m);
  });

  describe.each(serviceNames)('the %s', (service) => {
    const entry = compose.services[service];

    test('is healthy when it is ready, asked on the ops port that its image has', () => {
      expect(entry?.healthcheck.test.at(-1)).toContain(
        "'http://127.0.0.1:' + process.env.HEDDLE_OPS_PORT + '/readyz'",
      );
      expect(entry?.environment).not.toHaveProperty('HEDDLE_OPS_PORT');
    });

    test('has no rights, and cannot write to its root file system', () => {
      expect(entry).toMatchObject({
        read_only: true,
        tmpfs: ['/tmp'],
        cap_drop: ['ALL'],
        security_opt: ['no-new-privileges:true'],
        init: true,
      });
    });

    test('has time to drain', () => {
      const seconds = Number.parseInt(entry?.stop_grace_period ?? '', 10);
      expect(seconds).toBeGreaterThan(Number(entry?.environment['HEDDLE_DRAIN_SECONDS']));
    });
  });

  test('lets nobody but the recorder reach the database', () => {
    const inReach = Object.entries(compose.services).filter(([, { networks }]) =>
      networks?.includes('database'),
    );
    expect(inReach.map(([name]) => name).toSorted()).toEqual(['postgres', 'recorder']);
    expect(compose).toMatchObject({ networks: { database: { internal: true } } });
    expect(compose.services['postgres']?.networks).toEqual(['database']);
  });

  test('has Prometheus look where the services are', () => {
    const { scrape_configs: jobs } = parse(read('prometheus/prometheus.yaml')) as {
      scrape_configs: { job_name: string; dns_sd_configs?: { names: string[]; port: number }[] }[];
    };
    const scraped = jobs.find(({ job_name }) => job_name === 'heddle')?.dns_sd_configs;
    expect(scraped?.map(({ names, port }) => [...names, port])).toEqual(
      serviceNames.map((service) => [service, serviceFacts[service].opsPort]),
    );
    expect(read('rabbitmq/enabled_plugins')).toBe('[rabbitmq_management,rabbitmq_prometheus].\n');
  });
});
