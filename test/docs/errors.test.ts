import { readFile } from 'node:fs/promises';
import { expect, test } from '@jest/globals';
import { ERROR_CODES, errorKind } from '#domain/errors.ts';

test('docs/errors.md has one row for each code, in order, with the status, source, retry and title of the table', async () => {
  const page = await readFile(new URL('../../docs/errors.md', import.meta.url), 'utf8');
  const rows = page.split('\n').filter((line) => line.startsWith('| `'));
  const documented = rows.map((row) =>
    row
      .split('|')
      .slice(1, 6)
      .map((cell) => cell.trim()),
  );
  const expected = ERROR_CODES.map((code) => {
    const { status, source, retry, title } = errorKind(code);
    return [`\`${code}\``, status === 0 ? '–' : String(status), source, retry, title];
  });
  expect(documented).toEqual(expected);
});

test('every row says what to do', async () => {
  const page = await readFile(new URL('../../docs/errors.md', import.meta.url), 'utf8');
  const rows = page.split('\n').filter((line) => line.startsWith('| `'));
  for (const row of rows) expect(row.split('|')[6]?.trim().length ?? 0).toBeGreaterThan(20);
});
