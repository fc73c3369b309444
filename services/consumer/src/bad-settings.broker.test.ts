import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { createVhost } from '../../../test/support/broker.ts';

const model = fileURLToPath(new URL('../models/colours.onnx', import.meta.url));
const main = fileURLToPath(new URL('../dist/main.js', import.meta.url));

it.each([
  [{ HEDDLE_TASKS: './no-such-task.js' }, /^HEDDLE_TASKS: file:.*no-such-task\.js cannot be loaded: /],
  [{ HEDDLE_TASKS: 'debug.ecko' }, /^HEDDLE_TASKS: no task is called "debug.ecko"; there are .*debug\.echo/],
  [
    { HEDDLE_TASKS: 'image.classify', HEDDLE_MODEL: '/no/such/model.onnx' },
    /^HEDDLE_MODEL: \/no\/such\/model\.onnx: /,
  ],
  [
    { HEDDLE_TASKS: 'image.classify', HEDDLE_MODEL: model, HEDDLE_LABELS: '/no/such/labels.txt' },
    /^HEDDLE_LABELS: \/no\/such\/labels\.txt: /,
  ],
])('a worker with %j does not start, and says why in a line', async (settings, reason) => {
  const vhost = await createVhost();
  try {
    const child = spawn(process.execPath, [main], {
      env: { ...process.env, AMQP_URL: vhost.url, HEDDLE_OPS_PORT: '0', LOG_LEVEL: 'silent', ...settings },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    const [said, [code]] = await Promise.all([text(child.stderr), once(child, 'exit')]);
    expect(said).toMatch(reason);
    expect(code).toBe(78);
  } finally {
    await vhost.drop();
  }
});
