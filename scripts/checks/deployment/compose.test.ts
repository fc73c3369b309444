import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { faultsOf, gatewayPort, serviceFacts, serviceNames } from './service-facts.ts';

interface ComposeService {
  readonly build?: { readonly args: { readonly SERVICE: string } };
  readonly environment: Readonly<Record<string, string>>;
  readonly ports?: readonly string[];
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>;
  readonly healthcheck: { readonly test: readonly string[] };
  readonly read_only?: boolean;
  readonly cap_drop?: readonly string[];
}

const read = (path: string) =>
  readFileSync(fileURLToPath(new URL(`../../../${path}`, import.meta.url)), 'utf8');
const compose = parse(read('docker-compose.yml'), { merge: true }) as {
  services: Readonly<Record<string, ComposeService>>;
};

test.each(serviceNames)('the %s starts on the ops port that these tests take for its own', (service) => {
  expect(read(`services/${service}/src/main.ts`)).toContain(`opsPort: ${serviceFacts[service].opsPort},`);
});

describe('docker-compose.yml', () => {
  test('has all services, a broker and a database', () => {
    expect(Object.keys(compose.services).toSorted()).toEqual(
      [...serviceNames, 'postgres', 'rabbitmq'].toSorted(),
    );
  });

  describe.each(serviceNames)('the %s', (service) => {
    const entry = compose.services[service];

    test('is built from its own folder', () => {
      expect(entry?.build?.args.SERVICE).toBe(service);
    });

    test('gets only settings that it has, with values that it takes', () => {
      const environment = Object.entries(entry?.environment ?? {}).map(([name, value]) => [
        name,
        interpolate(value),
      ]);
      expect(faultsOf(service, Object.fromEntries(environment) as Record<string, string>)).toEqual([]);
    });

    test('is healthy when it is ready, asked on its ops port', () => {
      const { opsPort } = serviceFacts[service];
      expect(entry?.healthcheck.test.at(-1)).toContain(`http://127.0.0.1:${opsPort}/readyz`);
    });

    test('waits for a broker that answers, and cannot write to its root file system', () => {
      expect(entry?.depends_on).toMatchObject({ rabbitmq: { condition: 'service_healthy' } });
      expect(entry).toMatchObject({ read_only: true, cap_drop: ['ALL'] });
    });
  });

  test('opens ports on 127.0.0.1 only: the gateway and the console', () => {
    const ports = Object.values(compose.services)
      .flatMap((entry) => entry.ports ?? [])
      .map(interpolate);
    expect(ports.toSorted()).toEqual(['127.0.0.1:15672:15672', `127.0.0.1:8080:${gatewayPort}`].toSorted());
  });
});

describe('the Dockerfile', () => {
  const dockerfile = read('Dockerfile');

  test('copies the package.json of every workspace, without which npm ci refuses the lock file', () => {
    const lock = JSON.parse(read('package-lock.json')) as { packages: Record<string, { name?: string }> };
    const workspaces = Object.keys(lock.packages).filter(
      (path) => path !== '' && !path.includes('node_modules'),
    );
    const missing = workspaces.filter((path) => !dockerfile.includes(`COPY ${path}/package.json ${path}/\n`));
    expect(missing).toEqual([]);
  });

  test('runs as a user without rights', () => {
    expect(dockerfile).toMatch(/^USER node$/m);
  });

  test('exposes the ports that the services listen on', () => {
    const ports = [gatewayPort, ...serviceNames.map((service) => serviceFacts[service].opsPort)];
    expect(dockerfile).toContain(`EXPOSE ${ports.join(' ')}`);
  });
});

/** `${NAME:-default}` → `default`, as Compose does when NAME is not set. */
function interpolate(text: string): string {
  return text.replace(/\$\{[A-Z_]+:-([^}]*)\}/g, '$1');
}
