import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, it } from 'vitest';

/** A process that asks to be told of the end of its parent, `first` run before. */
function startProcess(first: string) {
  const url = new URL('../dist/shutdown.js', import.meta.url).href;
  const code = `${first};
    const { onShutdown } = await import(${JSON.stringify(url)});
    onShutdown((reason) => { console.log(reason); process.exit(0); }, () => {});
    setTimeout(() => process.exit(1), 20_000);
    process.send?.('ready', () => {});`;
  return spawn(process.execPath, ['--input-type=module', '-e', code], {
    stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
  });
}

async function said(child: ReturnType<typeof startProcess>): Promise<string> {
  const [data] = (await once(child.stdout ?? child, 'data')) as [Buffer];
  return data.toString().trim();
}

it('drains when whoever started it with a channel is gone', async () => {
  const child = startProcess('');
  await once(child, 'message');
  child.disconnect();
  expect(await said(child)).toBe('the parent process is gone');
});

it('drains at once when they were gone before it could listen: nobody is left who would ever end it', async () => {
  const child = startProcess('while (process.connected) await new Promise((go) => setTimeout(go, 5))');
  child.disconnect();
  expect(await said(child)).toBe('the parent process is gone');
});
