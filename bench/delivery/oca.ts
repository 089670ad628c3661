import { mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { seededBytes } from '../../test/oca-agent/fixtures/bytes.ts';
import { deliveryPlace } from '../../test/oca-agent/fixtures/data-plane.ts';
import { TestSite } from '../../test/oca-agent/fixtures/test-agent.ts';
import { fileOf, PAYLOADS, SESSIONS } from './payloads.ts';

const MIB = 2 ** 20;
const LINKS_PER_TITLE = 100;

/**
 * An OCA with its own control plane in this process: `oca.ts nginx|embedded LINKS`. Says on stdout where it serves, to
 * which tokens, and in which folder, when all files are stored and so many more links lie in the serving tree; ends with
 * standard input.
 */
async function main(plane: string, links: number): Promise<void> {
  if (plane === 'nginx') globalThis.dataPlane = 'nginx';
  const place = await deliveryPlace();
  const delivery = 'nginx' in place ? { ...place, nginx: { workers: 1 } } : place;
  const site = await TestSite.start({
    config: { tokens: 'required', delivery },
    flashBytes: 1024 * MIB,
    hddBytes: 64 * MIB,
  });
  const tokens = await Promise.all(
    Array.from({ length: SESSIONS }, (_, number) =>
      site.control.token(['bench'], { sid: `session-${number}` }),
    ),
  );
  await storeAll(site, tokens[0] ?? '');
  if (plane === 'nginx') addLinks(join(site.folder, 'state', 'nginx', 'tree'), links);
  const facts = { url: site.url, tokens, folder: site.folder, pid: process.pid };
  process.stdout.write(`${JSON.stringify(facts)}\n`);
  for await (const _ of process.stdin);
  await site.stop();
  process.exit(0);
}

async function storeAll(site: TestSite, token: string): Promise<void> {
  const done = new Set<string>();
  for (const payload of PAYLOADS)
    for (let number = 0; number < payload.files; number += 1) {
      const file = fileOf(payload, number);
      if (done.has(file)) continue;
      done.add(file);
      site.cloudFront.put('bench', file, seededBytes(number + 1, payload.fileBytes));
      const path = `/~${token}/content/bench/${file}`;
      site.log.length = 0;
      const isStored = () => site.events('miss.fetch.stored').some((facts) => facts.file === file);
      while (!isStored()) await (await site.get(path)).arrayBuffer();
      site.cloudFront.files.delete(`/content/bench/${file}`);
    }
}

/** Links to nowhere, beside those that are asked for. */
function addLinks(tree: string, links: number): void {
  for (let title = 0; title < links / LINKS_PER_TITLE; title += 1) {
    const folder = join(tree, `extra-${title}`);
    mkdirSync(folder, { recursive: true });
    for (let number = 0; number < LINKS_PER_TITLE; number += 1)
      symlinkSync(`/disks/flash-1/objects/00/${title}-${number}`, join(folder, `${number}.mp4`));
  }
}

const [plane = '', links = '0'] = process.argv.slice(2);
await main(plane, Number(links));
