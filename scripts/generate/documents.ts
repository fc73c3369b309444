import { asyncApiDocument } from './asyncapi-document.ts';
import { dashboardJson } from './grafana/dashboard-json.ts';
import { dashboards } from './grafana/dashboards.ts';
import { metricsDocument } from './metrics-document.ts';
import { permissionsDocument } from './permissions-document.ts';
import { topologyDocument } from './topology-document.ts';

interface GeneratedDocument {
  /** From the repository's root. */
  readonly path: string;
  readonly text: string;
}

/** Every document that is generated, as it should be now. */
export function documents(): GeneratedDocument[] {
  return [
    { path: 'docs/topology.md', text: topologyDocument() },
    { path: 'docs/asyncapi.yaml', text: asyncApiDocument() },
    { path: 'docs/permissions.md', text: permissionsDocument() },
    { path: 'docs/metrics.md', text: metricsDocument() },
    ...Object.entries(dashboards).map(([name, dashboard]) => ({
      path: `grafana/dashboards/${name}.json`,
      text: dashboardJson(dashboard),
    })),
  ];
}
