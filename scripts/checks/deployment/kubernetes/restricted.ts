/** What Pod Security's level `restricted` would refuse a pod for; empty if nothing. */
export function faultsAgainstRestricted(pod: PodSpec): string[] {
  const faults: string[] = [];
  const { securityContext = {} } = pod;
  if (pod.hostNetwork || pod.hostPID || pod.hostIPC) faults.push("uses the host's namespaces");
  for (const { name, ...source } of pod.volumes ?? []) {
    const other = Object.keys(source).filter((kind) => !ALLOWED_VOLUMES.has(kind));
    if (other.length > 0) faults.push(`volume ${name}: ${other.join(', ')}`);
  }
  for (const container of [...(pod.initContainers ?? []), ...pod.containers]) {
    const own = { ...securityContext, ...container.securityContext };
    const refuse = (fault: string) => faults.push(`container ${container.name}: ${fault}`);
    if (own.privileged) refuse('privileged');
    if (own.allowPrivilegeEscalation !== false) refuse('may gain privileges');
    if (own.runAsNonRoot !== true || own.runAsUser === 0) refuse('may run as root');
    if (!['RuntimeDefault', 'Localhost'].includes(own.seccompProfile?.type ?? ''))
      refuse('no seccomp profile');
    if (!own.capabilities?.drop?.includes('ALL')) refuse('keeps capabilities');
    if ((own.capabilities?.add ?? []).some((added) => added !== 'NET_BIND_SERVICE'))
      refuse('adds capabilities');
    if ((container.ports ?? []).some(({ hostPort }) => hostPort !== undefined)) refuse('a port of the host');
  }
  return faults;
}

const ALLOWED_VOLUMES = new Set([
  'configMap',
  'csi',
  'downwardAPI',
  'emptyDir',
  'ephemeral',
  'persistentVolumeClaim',
  'projected',
  'secret',
]);

interface SecurityContext {
  readonly privileged?: boolean;
  readonly allowPrivilegeEscalation?: boolean;
  readonly runAsNonRoot?: boolean;
  readonly runAsUser?: number;
  readonly seccompProfile?: { readonly type: string };
  readonly capabilities?: { readonly add?: readonly string[]; readonly drop?: readonly string[] };
}

interface ContainerSpec {
  readonly name: string;
  readonly securityContext?: SecurityContext;
  readonly ports?: readonly { readonly hostPort?: number }[];
}

export interface PodSpec {
  readonly hostNetwork?: boolean;
  readonly hostPID?: boolean;
  readonly hostIPC?: boolean;
  readonly securityContext?: SecurityContext;
  readonly volumes?: readonly { readonly name: string }[];
  readonly initContainers?: readonly ContainerSpec[];
  readonly containers: readonly ContainerSpec[];
}
