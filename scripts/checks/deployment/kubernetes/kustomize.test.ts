import { readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { INSTANCE_SLOTS, jobQueue, laneQueue, serialQueue } from '@heddle/contracts';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { builtInTaskNames } from '../../../generate/permissions-document.ts';
import { faultsOf, gatewayPort, type ServiceName, serviceFacts, serviceNames } from '../service-facts.ts';
import { buildManifests, hasKubectl, type Manifest } from './build-manifests.ts';
import { findHoles, selects } from './find-holes.ts';
import { readSpec, specs } from './read-spec.ts';
import { environmentOf, matches, secretsOf } from './read-workload.ts';
import { faultsAgainstRestricted, type PodSpec } from './restricted.ts';
import { faultsOfManifest } from './validate-manifest.ts';

/** Every overlay with every set of components that fits it; the Topology Operator needs a RabbitmqCluster. */
const combinations: readonly (readonly [string, readonly string[]])[] = [
  ['base', []],
  ['overlays/dev', []],
  ['overlays/dev', ['keda', 'monitoring']],
  ['overlays/production', []],
  ['overlays/production', ['keda']],
  ['overlays/production', ['monitoring']],
  ['overlays/production', ['keda', 'monitoring', 'topology-operator']],
];

describe.runIf(hasKubectl).each(combinations)('k8s/%s with %j', (overlay, components) => {
  const manifests = buildManifests(overlay, components);
  const ofKind = (kind: string) => manifests.filter((manifest) => manifest.kind === kind);
  const named = (kind: string, name: string) => ofKind(kind).find(({ metadata }) => metadata.name === name);
  const workloads = [...ofKind('Deployment'), ...ofKind('StatefulSet')].filter(
    ({ metadata }) => metadata.labels?.['app.kubernetes.io/part-of'] === 'heddle',
  );
  const of = (workload: Manifest) => {
    const { selector, template } = readSpec(workload, specs.workload);
    const { labels } = template.metadata;
    const pod = template.spec;
    const service = labels['app.kubernetes.io/name'] as ServiceName;
    return { pod, labels, selector, service, container: pod.containers[0], facts: serviceFacts[service] };
  };
  const each = workloads.map((workload) => [workload.metadata.name, workload] as const);
  const has = (component: string) => components.includes(component);

  test('holds only what the schemas allow, without an unknown key, and nothing twice', () => {
    expect(manifests.flatMap(faultsOfManifest)).toEqual([]);
    const keys = manifests.map(({ apiVersion, kind, metadata }) => `${apiVersion} ${kind} ${metadata.name}`);
    expect(new Set(keys).size).toBe(keys.length);
    const outside = manifests.filter(({ kind, metadata }) => kind !== 'Namespace' && !metadata.namespace);
    expect(outside).toEqual([]);
  });

  test('has every service, the worker once for each group of tasks', () => {
    expect(workloads.map(({ metadata }) => metadata.name).toSorted()).toEqual(
      [...serviceNames, 'consumer-images'].toSorted(),
    );
  });

  test.each(each)('%s gets only settings that it has, with values that it takes', (_, workload) => {
    const { service, container } = of(workload);
    const { AMQP_CA_FILE: file, ...env } = environmentOf(container, manifests);
    // What a volume brings is not here: only that one is mounted there.
    if (file !== undefined)
      expect(container.volumeMounts.map(({ mountPath }) => mountPath)).toContain(dirname(file));
    expect(faultsOf(service, env)).toEqual([]);
  });

  test.each(each)('%s is asked on its ops port, and restarted only when its process hangs', (_, workload) => {
    const { service, container, facts } = of(workload);
    const ports = Object.fromEntries(container.ports.map(({ name, containerPort }) => [name, containerPort]));
    expect(ports).toEqual({ ops: facts.opsPort, ...(service === 'gateway' && { http: gatewayPort }) });
    expect(container).toMatchObject({
      image: expect.stringMatching(new RegExp(`^heddle/${service}(:.+)?$`)),
      // Longer than the second that Kubernetes gives: an event loop may be busy.
      startupProbe: { httpGet: { path: '/healthz', port: 'ops' }, timeoutSeconds: 5 },
      // Not /readyz, which says no while the broker is away.
      livenessProbe: { httpGet: { path: '/healthz', port: 'ops' }, timeoutSeconds: 5 },
      readinessProbe: { httpGet: { path: '/readyz', port: 'ops' }, timeoutSeconds: 5 },
    });
  });

  test.each(each)('%s is allowed nothing, has bounded memory, and time to drain', (_, workload) => {
    const { pod, container } = of(workload);
    expect(faultsAgainstRestricted(pod)).toEqual([]);
    expect(pod).toMatchObject({ automountServiceAccountToken: false, enableServiceLinks: false });
    expect(container.securityContext).toMatchObject({ readOnlyRootFilesystem: true });
    expect(container.resources).toMatchObject({
      requests: { cpu: expect.anything(), memory: expect.any(String) },
      limits: { memory: expect.any(String) },
    });
    const drainSeconds = Number(environmentOf(container, manifests)['HEDDLE_DRAIN_SECONDS']);
    const pauseSeconds = Number(container.lifecycle?.preStop.exec.command[1] ?? 0);
    expect(pod.terminationGracePeriodSeconds).toBeGreaterThanOrEqual(drainSeconds + pauseSeconds + 5);
  });

  test.each(each)('%s selects its own pods, spreads them, and gives up one at a time', (name, workload) => {
    const { pod, labels } = of(workload);
    const selecting = workloads.filter((other) => selects(of(other).selector, labels));
    expect(selecting).toEqual([workload]);
    const budgets = ofKind('PodDisruptionBudget').filter((budget) =>
      selects(readSpec(budget, specs.selecting).selector, labels),
    );
    expect(budgets.map(({ metadata }) => metadata.name)).toEqual([name]);
    expect(budgets[0]?.spec).toMatchObject({ maxUnavailable: 1 });
    const spread = pod.topologySpreadConstraints;
    expect(spread.map(({ topologyKey }) => topologyKey).toSorted()).toEqual([
      'kubernetes.io/hostname',
      'topology.kubernetes.io/zone',
    ]);
    expect(spread.every(({ labelSelector }) => selects(labelSelector, labels))).toBe(true);
  });

  test.each(each)('%s can be reached, and can reach, exactly where it must', (_, workload) => {
    const { service, container, labels, facts } = of(workload);
    const env = environmentOf(container, manifests);
    const url = new URL(env['AMQP_URL'] ?? '');
    const { port = url.protocol === 'amqps:' ? '5671' : '5672' } = { port: url.port || undefined };
    const isOverlay = overlay !== 'base';
    const web = (ports: string) => [`0.0.0.0/0 but private TCP ${ports}`, `2000::/3 TCP ${ports}`];
    const isGeneral = labels['heddle/tasks'] === 'general';
    expect(findHoles(manifests, labels, 'Egress')).toEqual(
      [
        'kube-system/kube-dns TCP 53',
        'kube-system/kube-dns UDP 53',
        ...(isOverlay ? [`rabbitmq TCP ${port}`] : []),
        ...(service === 'notifier' ? web('1-65535') : []),
        ...(isGeneral ? ['80', '443'].flatMap(web) : []),
        ...(service === 'recorder' && overlay === 'overlays/production' ? ['0.0.0.0/0 TCP 5432'] : []),
      ].toSorted(),
    );
    expect(findHoles(manifests, labels, 'Ingress')).toEqual(
      [
        ...(service === 'gateway' ? [`anybody TCP ${gatewayPort}`] : []),
        ...(has('monitoring') ? [`monitoring TCP ${facts.opsPort}`] : []),
      ].toSorted(),
    );
    if (isOverlay)
      expect(findHoles(manifests, { 'app.kubernetes.io/name': 'rabbitmq' }, 'Ingress')).toContain(
        `heddle TCP ${port}`,
      );
    expect(labels).toMatchObject({ 'app.kubernetes.io/part-of': 'heddle' });
  });

  test('denies whatever no policy allows', () => {
    const everything = ofKind('NetworkPolicy').find(({ metadata }) => metadata.name === 'deny-all');
    expect(everything?.spec).toEqual({ podSelector: {}, policyTypes: ['Ingress', 'Egress'] });
    expect(findHoles(manifests, { 'app.kubernetes.io/name': 'stranger' }, 'Ingress')).toEqual([]);
  });

  test('leaves files in volumes as they are when a pod starts again: a broker refuses a cookie that others may read', () => {
    const keeping = ofKind('StatefulSet').map((one) => readSpec(one, specs.workload).template.spec);
    for (const { securityContext } of keeping)
      expect(securityContext).toMatchObject({ fsGroupChangePolicy: 'OnRootMismatch' });
  });

  test('serves every built-in task in exactly one group', () => {
    const groups = workloads.filter((workload) => of(workload).service === 'consumer');
    const served = groups.map((group) => environmentOf(of(group).container, manifests)['HEDDLE_TASKS'] ?? '');
    const serving = (task: string) => served.filter((patterns) => matches(patterns, task));
    expect(builtInTaskNames.filter((task) => serving(task).length !== 1)).toEqual([]);
  });

  test.runIf(overlay === 'overlays/dev')('brings every secret and key that a container asks for', () => {
    const secrets = new Map(ofKind('Secret').map(({ metadata, data }) => [metadata.name, data]));
    const asked = workloads.flatMap((workload) => secretsOf(of(workload).container));
    for (const { name, key, optional } of asked)
      if (!optional) expect(secrets.get(name), `${name}/${key}`).toHaveProperty(key);
  });

  test.runIf(overlay === 'overlays/production')(
    'holds no secret, and starts nothing without those that it names',
    () => {
      expect(ofKind('Secret')).toEqual([]);
      for (const workload of workloads) {
        const { service, container } = of(workload);
        const asked = secretsOf(container);
        expect(asked.filter(({ optional }) => optional)).toEqual([]);
        const user = has('topology-operator') ? `${service}-user-credentials` : 'rabbitmq-default-user';
        const own = { recorder: ['heddle-database'], notifier: ['heddle-webhooks'] }[service as string] ?? [];
        expect([...new Set(asked.map(({ name }) => name))].toSorted()).toEqual([user, ...own].toSorted());
      }
    },
  );

  test.runIf(overlay === 'overlays/production')('has a broker of three nodes that speaks TLS only', () => {
    const cluster = named('RabbitmqCluster', 'rabbitmq');
    expect(cluster?.spec).toMatchObject({ replicas: 3, tls: { disableNonTLSListeners: true } });
    const { override } = readSpec(cluster as Manifest, specs.cluster);
    expect(faultsAgainstRestricted(override?.statefulSet.spec.template.spec as PodSpec)).toEqual([]);
    const listening = findHoles(manifests, { 'app.kubernetes.io/name': 'rabbitmq' }, 'Ingress') ?? [];
    expect(listening.filter((hole) => / (5672)$/.test(hole))).toEqual([]);
    for (const workload of workloads)
      expect(environmentOf(of(workload).container, manifests)).toMatchObject({
        AMQP_URL: 'amqps://rabbitmq.heddle.svc:5671',
        AMQP_CA_FILE: '/etc/heddle/broker/ca.crt',
      });
  });

  test.runIf(components.includes('keda'))(
    'has one ScaledObject a group of tasks, for its queues and no others',
    () => {
      const groups = workloads.filter((workload) => of(workload).service === 'consumer');
      const scaled = ofKind('ScaledObject').map((object) => readSpec(object, specs.scaledObject));
      expect(scaled.map(({ scaleTargetRef }) => scaleTargetRef.name).toSorted()).toEqual(
        groups.map(({ metadata }) => metadata.name).toSorted(),
      );
      for (const { scaleTargetRef, triggers } of scaled) {
        const target = groups.find(({ metadata }) => metadata.name === scaleTargetRef.name) as Manifest;
        expect(target.spec).not.toHaveProperty('replicas');
        const patterns = environmentOf(of(target).container, manifests)['HEDDLE_TASKS'] ?? '';
        const [{ metadata, authenticationRef }] = triggers;
        expect(metadata).toMatchObject({
          protocol: 'http',
          mode: 'QueueLength',
          excludeUnacknowledged: 'false',
        });
        for (const task of [...builtInTaskNames, 'webhook.deliver'])
          for (const queue of [jobQueue(task), laneQueue(task, 0), serialQueue(task, 0)])
            expect(new RegExp(metadata.queueName).test(queue), queue).toBe(matches(patterns, task));
        const authentication = named('TriggerAuthentication', authenticationRef.name) as Manifest;
        const asked = readSpec(authentication, specs.triggerAuthentication).secretTargetRef;
        expect(asked.map(({ parameter }) => parameter)).toContain('host');
        if (overlay !== 'overlays/dev') continue;
        for (const { name, key } of asked) expect(named('Secret', name)?.data).toHaveProperty(key);
      }
    },
  );

  test.runIf(has('keda') && has('topology-operator'))(
    'never has more processes than there are queues made beforehand for them',
    () => {
      const scaled = ofKind('ScaledObject').map((object) => readSpec(object, specs.scaledObject));
      const most = workloads.map((workload) => {
        const { name } = workload.metadata;
        const scaling = scaled.find(({ scaleTargetRef }) => scaleTargetRef.name === name);
        return scaling?.maxReplicaCount ?? readSpec(workload, specs.replicated).replicas ?? 1;
      });
      // A quarter more while a deployment is rolled out.
      const surging = most.map((count) => count + Math.ceil(count / 4));
      expect(surging.reduce((sum, count) => sum + count)).toBeLessThanOrEqual(INSTANCE_SLOTS);
    },
  );

  test.runIf(components.includes('monitoring'))('is scraped, watched and shown', () => {
    const monitor = ofKind('PodMonitor').at(0) as Manifest;
    const { selector } = readSpec(monitor, specs.selecting);
    for (const workload of workloads) expect(selects(selector, of(workload).labels)).toBe(true);
    expect(monitor.spec).toMatchObject({ podMetricsEndpoints: [{ port: 'ops', path: '/metrics' }] });
    const alerts = parse(
      readFileSync(new URL('../../../../prometheus/alerts.yaml', import.meta.url), 'utf8'),
    ) as object;
    expect(ofKind('PrometheusRule')[0]?.spec).toEqual(alerts);
    const dashboards = ofKind('ConfigMap').filter(
      ({ metadata }) => metadata.labels?.['grafana_dashboard'] === '1',
    );
    expect(dashboards).toHaveLength(4);
    for (const { data } of dashboards)
      for (const text of Object.values(data ?? {})) {
        expect(JSON.parse(text)).toHaveProperty('uid');
        expect(text.length).toBeLessThan(256 * 1024);
      }
  });

  test.runIf(components.includes('topology-operator'))(
    'gives each service a user who may configure nothing',
    () => {
      expect(
        ofKind('User')
          .map(({ metadata }) => metadata.name)
          .toSorted(),
      ).toEqual(serviceNames.toSorted());
      for (const service of serviceNames) {
        expect(named('Permission', service)?.spec).toMatchObject({
          userReference: { name: service },
          permissions: { configure: '^$' },
        });
      }
      const declared = new Set(
        ['Exchange', 'Queue'].flatMap((kind) => ofKind(kind).map((one) => readSpec(one, specs.named).name)),
      );
      const ends = ofKind('Binding').flatMap((binding) => {
        const { source, destination } = readSpec(binding, specs.binding);
        return [source, destination];
      });
      expect(ends.filter((end) => !declared.has(end))).toEqual([]);
      for (const task of builtInTaskNames) expect(declared).toContain(`heddle.jobs.${task}`);
    },
  );
});
