import { asyncApiDocument } from './asyncapi-document.ts';
import { colourLabels, colourModel } from './colour-model.ts';
import { dashboardJson } from './grafana/dashboard-json.ts';
import { dashboards } from './grafana/dashboards.ts';
import { alertRules } from './kubernetes/alert-rules.ts';
import { topologyObjects, topologyYaml } from './kubernetes/topology-objects.ts';
import { metricsDocument } from './metrics-document.ts';
import { permissionsDocument, plannedBuiltInTasks } from './permissions-document.ts';
import { topologyDocument } from './topology-document.ts';

interface GeneratedDocument {
  /** From the repository's root. */
  readonly path: string;
  readonly content: string | Buffer;
}

/** Every file that is generated, as it should be now. */
export function documents(): GeneratedDocument[] {
  return [
    ...Object.entries(dashboards).map(([name, dashboard]) => ({
      path: `grafana/dashboards/${name}.json`,
      content: dashboardJson(dashboard),
    })),
    { path: 'docs/topology.md', content: topologyDocument() },
    { path: 'docs/asyncapi.yaml', content: asyncApiDocument() },
    { path: 'docs/permissions.md', content: permissionsDocument() },
    { path: 'docs/metrics.md', content: metricsDocument() },
    { path: 'services/consumer/models/colours.onnx', content: colourModel() },
    { path: 'services/consumer/models/colours.txt', content: colourLabels() },
    { path: 'k8s/components/monitoring/alerts.yaml', content: alertRules() },
    ...Object.entries(topologyObjects(plannedBuiltInTasks)).map(([name, objects]) => ({
      path: `k8s/components/topology-operator/${name}.yaml`,
      content: topologyYaml(objects),
    })),
  ];
}
