import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { type ErrorCode, errorTable } from './error.ts';

const document = readFileSync(new URL('../../../docs/errors.md', import.meta.url), 'utf8');
const described = new Map(
  [...document.matchAll(/^### `([a-z_]+)`\n(\d{3}) · (not )?retryable\. (\S.*)$/gm)].map(
    ([, code = '', status, not]) => [code, { status: Number(status), retryable: not === undefined }],
  ),
);

describe('docs/errors.md', () => {
  test.each(Object.keys(errorTable) as ErrorCode[])(
    'describes %s with its status and whether to retry',
    (code) => {
      const { status, retryable } = errorTable[code];
      expect(described.get(code)).toEqual({ status, retryable });
    },
  );

  test('describes no error that does not exist', () => {
    const headings = [...document.matchAll(/^### `([a-z_]+)`/gm)].map(([, code = '']) => code);
    expect(headings).toHaveLength(Object.keys(errorTable).length);
    expect(new Set(headings)).toEqual(new Set(Object.keys(errorTable)));
  });
});

test('what is retryable in the system answers 503, so that clients wait and ask again', () => {
  const ofTheJob: readonly string[] = [
    'task_failed',
    'timed_out',
    'crashed',
    'out_of_memory',
    'webhook_failed',
    'web_failed',
  ];
  const wrong = Object.entries(errorTable).filter(
    ([code, { status, retryable }]) => retryable && status !== 503 && !ofTheJob.includes(code),
  );
  expect(wrong).toEqual([]);
});
