import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, jest, test } from '@jest/globals';
import { main } from '../../bin/distributary/main.ts';
import { outsideJest } from '../outside-jest/call.ts';

const { printedBy } = outsideJest<typeof import('./printed-by.ts')>(
  import.meta.resolve('./printed-by.ts'),
);

const DOCS = new URL('../../docs/', import.meta.url);
const page = readFileSync(new URL('deploy.md', DOCS), 'utf8');
const { scripts } = JSON.parse(readFileSync(new URL('../package.json', DOCS), 'utf8')) as {
  scripts: Record<string, string>;
};

test('every npm script that docs/deploy.md names is there', () => {
  const named = [...page.matchAll(/npm run ([a-z:-]+)/g)].map(([, name = '']) => name);
  expect(named).toContain('configure');
  expect(Object.keys(scripts)).toEqual(expect.arrayContaining([...new Set(named)]));
});

test('every file that docs/deploy.md links to is there', () => {
  const links = [...page.matchAll(/\]\(([^)#]+)\)/g)].map(([, link = '']) => link);
  const files = links.filter((link) => !link.startsWith('https:'));
  expect(files).toContain('uninstall.md');
  for (const file of files) {
    expect([file, existsSync(fileURLToPath(new URL(file, DOCS)))]).toEqual([file, true]);
  }
});

const COMMANDS = [
  ...new Set(
    [...page.matchAll(/npx distributary ((?:[a-z][a-z-]* ?){1,2})/g)].map(([, words = '']) =>
      words.trim(),
    ),
  ),
];

/** What the command line says to an option that nothing has: an unknown command is what it finds first. */
async function complaintAbout(words: string): Promise<string> {
  const said: string[] = [];
  const stderr = jest
    .spyOn(process.stderr, 'write')
    .mockImplementation((text) => said.push(String(text)) > 0);
  await main([...words.split(' '), '--no-such-option'], {});
  stderr.mockRestore();
  return said.join('');
}

test.each(COMMANDS)('the command line knows: distributary %s', async (words) => {
  expect(await complaintAbout(words)).toMatch(
    /unknown option|required option|missing required argument/,
  );
});

test.each(['nonsense', 'keys nonsense'])('and would not know: distributary %s', async (words) => {
  expect(await complaintAbout(words)).toMatch(/unknown command 'nonsense'/);
});

test('every section that the contents name is there', () => {
  const anchors = [...page.matchAll(/\]\(#([^)]+)\)/g)].map(([, anchor = '']) =>
    anchor.replace(/-1$/, ''),
  );
  const headings = [...page.matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replaceAll(/[^a-z0-9 -]/g, '')
      .replaceAll(' ', '-'),
  );
  expect(headings).toEqual(expect.arrayContaining(anchors));
});

test('the month in docs/deploy.md is the one that the command prints, within a twentieth', async () => {
  const { total } = JSON.parse(await printedBy(['--json', 'cost'])) as { total: number };
  const [, written = ''] = /\*\*total\*\* \| \*\*([\d,]+)\*\*/.exec(page) ?? [];
  expect(Math.abs(Number(written.replace(',', '')) / total - 1)).toBeLessThan(0.05);
});
