export {
  createMetrics,
  type JobOutcome,
  type ServiceMetrics,
  type ServiceName,
  type TaskMetrics,
  version,
} from './metrics.ts';
export { type OpsServer, startOpsServer } from './ops-server.ts';
export {
  type RunningService,
  runService,
  type ServiceContext,
  type ServiceDefinition,
} from './run-service.ts';
export {
  type BaseSettings,
  baseSettings,
  describeBadSettings,
  durationSetting,
  EXIT_BAD_SETTINGS,
  listSetting,
  numberSetting,
  portSetting,
  readSettings,
  urlSetting,
} from './settings.ts';
export { onShutdown } from './shutdown.ts';
