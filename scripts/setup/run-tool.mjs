import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { bootstrap, root, runScript } from './bootstrap.mjs';

/** Runs a service's built command with our arguments, in the folder that npm was called from; ends as it ends. */
export async function runTool(service, command) {
  await runScript(async () => {
    await bootstrap();
    const main = join(root, 'services', service, 'dist', `${command}.js`);
    const child = spawn(process.execPath, [main, ...process.argv.slice(2)], {
      stdio: 'inherit',
      cwd: process.env.INIT_CWD || process.cwd(),
    });
    for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal));
    const [code] = await once(child, 'exit');
    process.exitCode = code ?? 1;
  });
}
