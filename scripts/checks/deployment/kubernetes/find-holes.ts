import type { z } from 'zod';
import type { Manifest } from './build-manifests.ts';
import { readSpec, specs } from './read-spec.ts';

type Labels = Readonly<Record<string, string>>;
type Peer = NonNullable<Rule['from']>[number];
type Rule = NonNullable<z.output<typeof specs.networkPolicy>['ingress']>[number];

/**
 * Who may come to pods with these labels (`Ingress`), or whom they may call (`Egress`), as the policies of a namespace say together:
 * lines such as `rabbitmq TCP 5672`. Undefined where no policy says anything, so that everything goes.
 */
export function findHoles(
  manifests: readonly Manifest[],
  labels: Labels,
  direction: 'Ingress' | 'Egress',
): string[] | undefined {
  const policies = manifests
    .filter(({ kind }) => kind === 'NetworkPolicy')
    .map((manifest) => readSpec(manifest, specs.networkPolicy))
    .filter(
      ({ policyTypes, podSelector }) => policyTypes.includes(direction) && selects(podSelector, labels),
    );
  if (policies.length === 0) return undefined;
  const rules = policies.flatMap(({ ingress, egress }) => (direction === 'Ingress' ? ingress : egress) ?? []);
  const holes = rules.flatMap((rule) =>
    (rule.from ?? rule.to ?? [undefined]).flatMap((peer) =>
      (rule.ports ?? []).map(
        ({ protocol, port, endPort }) => `${nameOf(peer)} ${protocol} ${port}${endPort ? `-${endPort}` : ''}`,
      ),
    ),
  );
  return [...new Set(holes)].toSorted();
}

export function selects(selector: { readonly matchLabels?: Labels }, labels: Labels): boolean {
  return Object.entries(selector.matchLabels ?? {}).every(([name, value]) => labels[name] === value);
}

function nameOf(peer: Peer | undefined): string {
  if (!peer) return 'anybody';
  if (peer.ipBlock) return peer.ipBlock.except ? `${peer.ipBlock.cidr} but private` : peer.ipBlock.cidr;
  const names = [peer.namespaceSelector, peer.podSelector].flatMap((selector) =>
    Object.values(selector?.matchLabels ?? {}),
  );
  return names.join('/');
}
