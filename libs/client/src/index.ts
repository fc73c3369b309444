export { type AskedJob, acceptJob } from './asked-job.ts';
export { ControlFollower } from './control/follow-control.ts';
export { KnownControl } from './control/known-control.ts';
export * from './define-state.ts';
export * from './define-task.ts';
export { Executor, type ExecutorOptions, type Runnable } from './futures/executor.ts';
export type { JobProgress } from './futures/followed-job.ts';
export { Future } from './futures/future.ts';
export type { MapOptions, MappedInputs } from './futures/map-inputs.ts';
export type { FutureOptions } from './futures/submit-options.ts';
export { TaskError } from './futures/task-error.ts';
export { asCompleted, type Waited, type WaitOptions, wait } from './futures/wait-futures.ts';
export { Deadline, type Timeout, timeoutMs } from './futures/wait-limit.ts';
export { deriveJobId, newJobId } from './job-id.ts';
export { RecorderClient } from './recorder-client.ts';
export type {
  Batches,
  BatchJobResult,
  NewBatch,
  SubmittedBatch,
  UploadOptions,
} from './rest/batches.ts';
export type { GatewayOptions } from './rest/call-gateway.ts';
export type { DeadGroup, DeadJobs } from './rest/dead-jobs.ts';
export { Heddle, type JobSearch, type SubmitJobOptions } from './rest/heddle.ts';
export type { SentEvent } from './rest/read-events.ts';
export type { NewSchedule, Schedules } from './rest/schedules.ts';
export type { SubmittedJob } from './rest/submitted-job.ts';
export * from './serial-task.ts';
export { acceptedEvent, JobSubmitter, type NewJob, type SubmitOptions } from './submit-job.ts';
export * from './task-context.ts';
