import { type ChildProcess, spawn } from 'node:child_process';
import { access, mkdir, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { nodeFileSystem } from '../../oca-agent/platform/file-system.ts';
import type { HeldAsset } from '../../oca-agent/store/asset.ts';
import { ServingTree } from '../../oca-agent/store/serving-tree.ts';
import { seededBytes } from '../oca-agent/fixtures/bytes.ts';
import { StoreOnDisks } from '../oca-agent/fixtures/store-on-disks.ts';
import { until } from '../oca-agent/fixtures/until.ts';
import { succeeds } from './support/commands.ts';

const SIZE = 1_500_000;
const MOVES = 30;
const { signal } = new AbortController();

let disks: StoreOnDisks;
let nginx: ChildProcess;
let socket: string;

beforeEach(async () => {
  if (!(await succeeds('which', 'nginx')))
    throw new Error('npm run test:faults needs: nginx (Debian: nginx)');
  disks = await StoreOnDisks.open({ flashDisks: 1, hddDisks: 2 });
  const tree = join(disks.folder, 'tree');
  disks.store.nameWatcher = new ServingTree({
    folder: tree,
    names: disks.store.index,
    pathOf: (asset) => disks.store.volume(asset.diskId)?.assetPath(asset.assetId),
    files: nodeFileSystem,
    log: disks.log,
  });
  await startNginx(tree);
});
afterEach(async () => {
  const exited = new Promise((resolve) => nginx.once('exit', resolve));
  nginx.kill('SIGTERM');
  await exited;
  await disks.remove();
});

/** nginx as a package has it, on a socket of its own, serving the tree with sendfile. */
async function startNginx(tree: string): Promise<void> {
  const folder = join(disks.folder, 'nginx');
  await mkdir(folder);
  await mkdir(tree, { recursive: true });
  socket = join(folder, 'socket');
  await writeFile(
    join(folder, 'nginx.conf'),
    `user root; worker_processes 2; daemon off; pid ${folder}/pid; error_log ${folder}/error.log;
    events { worker_connections 256; }
    http {
      access_log off; sendfile on; client_body_temp_path ${folder}; proxy_temp_path ${folder};
      fastcgi_temp_path ${folder}; uwsgi_temp_path ${folder}; scgi_temp_path ${folder};
      server { listen unix:${socket}; location /content/ { alias ${tree}/; } }
    }`,
  );
  const args = ['-p', folder, '-c', join(folder, 'nginx.conf'), '-e', join(folder, 'error.log')];
  nginx = spawn('nginx', args, { stdio: 'inherit' });
  await until(
    () =>
      access(socket).then(
        () => true,
        () => false,
      ),
    'nginx to listen',
  );
}

const get = (file: string) =>
  new Promise<{ status: number; body: Buffer }>((resolve, reject) => {
    const options = { socketPath: socket, path: `/content/title-1/${file}`, agent: false };
    const outgoing = request(options, async (incoming) => {
      const parts: Buffer[] = [];
      try {
        for await (const part of incoming) parts.push(part as Buffer);
        resolve({ status: incoming.statusCode ?? 0, body: Buffer.concat(parts) });
      } catch (error) {
        reject(error);
      }
    });
    outgoing.on('error', reject);
    outgoing.end();
  });

/** To a disk that it does not lie on. */
const move = (asset: HeldAsset) =>
  disks.store.relocate(asset, {
    tiers: asset.tier === 'flash' ? ['hdd'] : ['flash', 'hdd'],
    pace: async () => undefined,
    signal,
  });

test('nginx serves every byte right while assets move from disk to disk', async () => {
  const asset = await disks.put(1, SIZE);
  const content = seededBytes(1, SIZE);
  let isMoving = true;
  let served = 0;
  const view = async () => {
    while (isMoving) {
      const { status, body } = await get('1.mp4');
      expect([status, body.equals(content)]).toEqual([200, true]);
      served += 1;
    }
  };
  const viewers = [view(), view(), view()];
  const places = new Set<string>();
  for (let count = 0; count < MOVES; count += 1) {
    const held = disks.store.index.asset(asset.assetId);
    if (!held) throw new Error('it is held no longer');
    places.add(held.diskId);
    expect(await move(held)).toBe('moved');
  }
  isMoving = false;
  await Promise.all(viewers);
  expect(places.size).toBeGreaterThan(1);
  expect(served).toBeGreaterThan(MOVES / 2);
});

test('nginx serves an asset whole or not at all while it goes and comes back', async () => {
  const content = seededBytes(1, SIZE);
  const statuses: number[] = [];
  let isGoing = true;
  const view = async () => {
    while (isGoing) {
      const { status, body } = await get('1.mp4');
      statuses.push(status);
      if (status === 200) expect(body.equals(content)).toBe(true);
      else expect(status).toBe(404);
    }
  };
  const viewers = [view(), view()];
  for (let count = 0; count < 10; count += 1) {
    const { assetId } = await disks.put(1, SIZE);
    expect((await get('1.mp4')).body.equals(content)).toBe(true);
    expect(await disks.store.remove(assetId, 'eviction')).toBe('removed');
    expect((await get('1.mp4')).status).toBe(404);
  }
  isGoing = false;
  await Promise.all(viewers);
  expect(new Set(statuses)).toEqual(new Set([200, 404]));
});
