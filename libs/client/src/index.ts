export * from './define-task.ts';
export { deriveJobId, newJobId } from './job-id.ts';
export { RecorderClient } from './recorder-client.ts';
export { acceptedEvent, JobSubmitter, type NewJob, type SubmitOptions } from './submit-job.ts';
export * from './task-context.ts';
