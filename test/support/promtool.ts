import { spawn } from 'node:child_process';
import { findPrometheus } from '../../scripts/prometheus/find-prometheus.mjs';

/** What `promtool` printed, and its exit code. */
export interface PromtoolAnswer {
  readonly code: number | null;
  readonly output: string;
}

/** Runs Prometheus' own checker with this on its standard input. */
export async function runPromtool(args: readonly string[], input = ''): Promise<PromtoolAnswer> {
  const { promtool } = await findPrometheus();
  const child = spawn(promtool, args, { stdio: ['pipe', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
  child.stdin.end(input);
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
  return { code, output };
}
