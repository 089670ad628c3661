import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, expect, jest, test } from '@jest/globals';
import { exampleConfig, type RawConfig } from './example-config.ts';
import { turnEverythingOn } from './switches.ts';
import { Synthesized } from './synthesized.ts';

jest.setTimeout(60_000);

/**
 * What each stack is made of, one line a resource, so that a change shows what it creates, replaces or deletes: of the
 * example, and where that differs, of the example with every switch on. To write the files anew:
 *
 *     UPDATE_INVENTORY=1 npm run test:unit -- test/lib/inventory.test.ts
 */
const FOLDER = fileURLToPath(new URL('inventory/', import.meta.url));
const EVERYTHING_ON = 'everything-on';

let inventories: Map<string, string>;

beforeAll(async () => {
  const example = await inventoriesOf();
  const everythingOn = [...(await inventoriesOf(turnEverythingOn))].filter(
    ([file, text]) => example.get(file) !== text,
  );
  inventories = new Map([
    ...example,
    ...everythingOn.map(([file, text]) => [join(EVERYTHING_ON, file), text] as const),
  ]);
  if (process.env.UPDATE_INVENTORY === '1') write(inventories);
});

test('there is an inventory of each stack, and of no other', () => {
  expect(filesIn(FOLDER)).toEqual([...inventories.keys()].toSorted());
});

test('every stack is made of what its inventory says', () => {
  for (const [file, text] of inventories) {
    expect(`${file}\n${text}`).toBe(`${file}\n${readFileSync(join(FOLDER, file), 'utf8')}`);
  }
});

/** Text by file name. */
async function inventoriesOf(edit?: (config: RawConfig) => void): Promise<Map<string, string>> {
  const synthesized = await Synthesized.of(exampleConfig(edit));
  return new Map(
    synthesized.stacks.map((stack) => [`${stack}.txt`, inventoryOf(synthesized, stack)]),
  );
}

function inventoryOf(synthesized: Synthesized, stack: string): string {
  const lines = synthesized
    .all(stack)
    .map(({ logicalId, Type }) => `${withoutCodeHash(logicalId)}: ${Type}`);
  return `${lines.toSorted().join('\n')}\n`;
}

/** A function's version is named after its code. */
const withoutCodeHash = (logicalId: string): string =>
  logicalId.replace(/(CurrentVersion[0-9A-F]{8})[0-9a-f]{32}/, '$1');

const filesIn = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.txt'))
    .toSorted();

function write(files: ReadonlyMap<string, string>): void {
  rmSync(FOLDER, { recursive: true, force: true });
  mkdirSync(join(FOLDER, EVERYTHING_ON), { recursive: true });
  for (const [file, text] of files) writeFileSync(join(FOLDER, file), text);
}
