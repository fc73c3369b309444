import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { parse } from 'yaml';

const root = new URL('../../../', import.meta.url);
const read = (path: string): unknown => parse(readFileSync(new URL(path, root), 'utf8'), { merge: true });
const { services } = read('docker-compose.yml') as {
  services: Record<'grafana' | 'prometheus', { volumes: string[]; ports: string[] }>;
};
const files = readdirSync(new URL('grafana/dashboards/', root)).toSorted();

/** Where in Grafana's container a folder of ours is. */
const mountedAt = (folder: string): string | undefined =>
  services.grafana.volumes.map((volume) => volume.split(':')).find(([source]) => source === folder)?.[1];

test('Grafana finds its provisioning, and the dashboards where that says', () => {
  expect(mountedAt('./grafana/provisioning')).toBe('/etc/grafana/provisioning');
  const { providers } = read('grafana/provisioning/dashboards/heddle.yaml') as {
    providers: { options: { path: string } }[];
  };
  expect(providers.map(({ options }) => options.path)).toEqual([mountedAt('./grafana/dashboards')]);
  expect(files.length).toBeGreaterThan(3);
});

test('Grafana asks the Prometheus beside it, and knows how often that looks', () => {
  const { datasources } = read('grafana/provisioning/datasources/prometheus.yaml') as {
    datasources: { url: string; isDefault: boolean; jsonData: { timeInterval: string } }[];
  };
  const { global } = read('prometheus/prometheus.yaml') as { global: { scrape_interval: string } };
  const [port] = services.prometheus.ports.map((published) => published.split(':').at(-1));
  expect(datasources).toHaveLength(1);
  expect(datasources[0]).toMatchObject({
    url: `http://prometheus:${port}`,
    isDefault: true,
    jsonData: { timeInterval: global.scrape_interval },
  });
});

test('each dashboard is a ConfigMap with the label that Grafana looks for', () => {
  const { configMapGenerator, generatorOptions } = read('grafana/kustomization.yaml') as {
    configMapGenerator: { files: string[] }[];
    generatorOptions: { labels: Record<string, string> };
  };
  expect(configMapGenerator.flatMap((map) => map.files).toSorted()).toEqual(
    files.map((file) => `dashboards/${file}`),
  );
  expect(generatorOptions.labels).toHaveProperty('grafana_dashboard', '1');
});
