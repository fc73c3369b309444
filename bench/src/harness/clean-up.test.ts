import { expect, test } from 'vitest';
import { CleanUp } from './clean-up.ts';

test('steps run newest first, each once', async () => {
  const order: string[] = [];
  const cleanUp = new CleanUp(() => undefined);
  cleanUp.add('first', () => void order.push('first'));
  cleanUp.add('second', () => void order.push('second'));
  await Promise.all([cleanUp.run(), cleanUp.run()]);
  await cleanUp.run();
  expect(order).toEqual(['second', 'first']);
});

test('a step that fails is named and does not stop the others', async () => {
  const said: string[] = [];
  let ran = false;
  const cleanUp = new CleanUp((line) => said.push(line));
  cleanUp.add('remove files', () => {
    ran = true;
  });
  cleanUp.add('stop the worker', () => Promise.reject(new Error('it was gone')));
  await cleanUp.run();
  expect(ran).toBe(true);
  expect(said).toEqual(['cleaning up "stop the worker" failed: it was gone']);
});
