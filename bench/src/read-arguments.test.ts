import { expect, test } from 'vitest';
import { readArguments } from './read-arguments.ts';

const none = () => Promise.resolve([]);
const benchmarks = ['echo', 'submit', 'memory'].map((name) => ({
  name,
  about: '',
  warmUp: false,
  prepare: none,
}));
const read = (...args: string[]) => readArguments(args, {}, benchmarks);

test('all benchmarks run when none is named, else the named ones', () => {
  expect(read().chosen.map(({ name }) => name)).toEqual(['echo', 'submit', 'memory']);
  expect(read('memory', 'echo').chosen.map(({ name }) => name)).toEqual(['echo', 'memory']);
});

test('what is wrong is refused with what was expected', () => {
  expect(() => read('eco')).toThrow('expected one of echo, submit, memory, got "eco"');
  expect(() => read('--rounds', '0')).toThrow('--rounds: expected a whole number from 1 to 100, got "0"');
  expect(() => read('--scale', 'big')).toThrow('--scale: expected a number above 0, at most 100, got "big"');
});

test('a folder is found from where npm was called', () => {
  const { folder } = readArguments(['--folder', 'photos'], { INIT_CWD: '/somewhere' }, benchmarks);
  expect(folder).toBe('/somewhere/photos');
});
