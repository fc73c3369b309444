import { HeddleError } from '@heddle/contracts';
import type { JobRun } from '../jobs/job-run.ts';
import type { Outcome } from '../jobs/outcome.ts';
import type { Answer, FromHandler, RunRequest } from './run-protocol.ts';

/** The request that runs this job elsewhere. */
export function toRequest(run: JobRun, module: string, maxOutputBytes: number): RunRequest {
  return {
    kind: 'run',
    module,
    job: run.jobInfo,
    input: run.input,
    isChunk: run.isChunk,
    bytes: run.bytes,
    bytesType: run.bytesType,
    keyed: run.keyed,
    maxOutputBytes,
    traceparent: run.traceparent,
  };
}

/** Hands what a handler elsewhere says to its run here, and the answers back. Gives the outcome if that was the last of it. */
export function relay(
  run: JobRun,
  message: FromHandler,
  answer: (answer: Answer) => void,
): Outcome | undefined {
  switch (message.kind) {
    case 'progress':
      run.progress(message.fraction, message.note);
      return undefined;
    case 'output':
      // Checked where it was made; that the broker takes it is seen to when the run is settled.
      void run.addOutput(message.description, message.bytes).catch(() => undefined);
      return undefined;
    case 'log':
      run.log(message.level, message.message, message.fields);
      return undefined;
    case 'read-batch':
      void say(() => run.batchPage(message.first)).then((said) =>
        answer({ kind: 'answer', question: message.question, said }),
      );
      return undefined;
    case 'read-state':
      void say(() => run.readState(message.state, message.key)).then((said) =>
        answer({ kind: 'answer', question: message.question, said }),
      );
      return undefined;
    case 'ended':
      return message.outcome;
  }
}

async function say(ask: () => Promise<unknown>): Promise<Answer['said']> {
  try {
    return { value: await ask() };
  } catch (error) {
    const code = error instanceof HeddleError ? error.code : 'internal_error';
    return { error: { code, message: error instanceof Error ? error.message : String(error) } };
  }
}
