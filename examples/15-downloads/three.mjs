/** Three downloads; after two seconds we look what has come. The third server is slow: it answers when we have looked. */
import { createServer } from 'node:http';
import { Executor, wait } from '@heddle/client';
import { url } from '../start-processes.mjs';

let look = () => {};
const looked = new Promise((resolve) => {
  look = resolve;
});
const server = createServer((request, response) => {
  const answer = () => response.end('x'.repeat(request.url.length * 1000));
  if (request.url === '/slow') void looked.then(answer);
  else answer();
});
await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
const { port } = server.address();

const executor = await Executor.connect({ url });
const names = new Map();
for (const name of ['one', 'three', 'slow']) {
  names.set(executor.submit('example.download', { url: `http://127.0.0.1:${port}/${name}` }), name);
}
const { notDone } = await wait(names.keys(), { timeout: '2s' });
console.log(`not yet: ${[...notDone].map((future) => names.get(future)).join(', ')}`);
look();
await wait(names.keys());
for (const [future, name] of names) console.log(`${name}: ${(await future.result()).bytes} bytes`);
server.close();
await executor.shutdown();
