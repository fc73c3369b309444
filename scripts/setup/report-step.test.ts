import { expect, it, onTestFinished, vi } from 'vitest';
import { reportStep, reportWhenDone } from './report-step.mjs';

it('tells what was done beside a step after that step, each in a line of its own', async () => {
  let told = '';
  const write = vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    told += String(text);
    return true;
  });
  onTestFinished(() => write.mockRestore());
  await reportStep('build', async (says) => {
    await reportWhenDone('installing', () => {});
    expect(told).toBe('build … ');
    says('compiled');
  });
  await reportWhenDone('format', () => {});
  const lines = told.replaceAll(/\(\d+ ms\)/g, '(… ms)').split('\n');
  expect(lines).toEqual(['build … compiled (… ms)', 'installing … done (… ms)', 'format … done (… ms)', '']);
});
