import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const script = fileURLToPath(new URL('../../scripts/demo.mjs', import.meta.url));

/** Runs `npm run demo` with this data folder; resolves with its exit code and all that it printed. */
export async function runDemo(
  data: string,
  options: {
    readonly folder?: string;
    readonly httpPort?: string;
    /** Ctrl-C as soon as it has printed this. */
    readonly interruptAt?: string;
  } = {},
): Promise<{ code: number | null; output: string }> {
  const { AMQP_URL: _, ...inherited } = process.env;
  const env = {
    ...inherited,
    HEDDLE_DATA: data,
    HEDDLE_HTTP_PORT: options.httpPort ?? '0',
    HEDDLE_OPS_PORT: '0',
    npm_execpath: '',
  };
  const args = options.folder === undefined ? [script] : [script, options.folder];
  const child = spawn(process.execPath, args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      const before = options.interruptAt === undefined || output.includes(options.interruptAt);
      output += chunk.toString();
      if (!before && output.includes(options.interruptAt ?? '')) child.kill('SIGINT');
    });
  }
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
  return { code, output };
}
