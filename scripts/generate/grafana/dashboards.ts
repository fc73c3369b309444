import { broker } from './broker.ts';
import { overview } from './overview.ts';
import type { Dashboard } from './panel.ts';
import { services } from './services.ts';
import { tasks } from './tasks.ts';

/** Every dashboard, by the name of its file in grafana/dashboards. */
export const dashboards: Readonly<Record<string, Dashboard>> = { overview, tasks, services, broker };
