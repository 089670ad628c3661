import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  closeSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { OcaId } from '#domain/ids.ts';
import { WATERMARKS } from '#domain/topology/watermarks.ts';
import { epochMs } from '#domain/units.ts';
import { importAuthority } from '#protocol/x509/client-authority.ts';
import { makeClientKey } from '#protocol/x509/client-key.ts';
import { issueCertificate } from '#protocol/x509/issue-certificate.ts';
import { bundleAgent } from '../bin/build/bundle-agent.ts';
import { makeAuthority } from '../bin/distributary/keys/authority-document.ts';
import { formatSidecar } from '../oca-agent/store/sidecar.ts';
import { ASSET_BYTES, assetNumber } from './catalogue-of-assets.ts';

/** The sketch's generation 5. */
const FLASH_DISKS = 8;
const HDD_DISKS = 36;
/** As in the unit of docs/install.md. */
export const UNIT = {
  nodeOptions: ['--max-semi-space-size=8'],
  env: { GLIBC_TUNABLES: 'glibc.malloc.hugetlb=1:glibc.malloc.mmap_threshold=4194304' },
} as const;
const CHUNK_HASH = Buffer.alloc(32, 7).toString('base64');
const CHUNKS = ASSET_BYTES / 2 ** 20;

/** One OCA of 44 disks, each a folder, and the agent as an appliance runs it: Node and one file. */
export class BenchStore {
  readonly #folder: string;
  /** On each disk. */
  readonly #heldBytes: number;

  /** @param assets as many as will lie there at last: they fill the disks up to their watermarks, so that some must go. */
  constructor(folder: string, assets: number) {
    this.#folder = folder;
    this.#heldBytes = Math.floor(assets / (FLASH_DISKS + HDD_DISKS)) * ASSET_BYTES;
  }

  /** Lets the agent take the disks into use, and forgets that there was an index. */
  async prepare(): Promise<void> {
    for (const { path } of this.#disks()) mkdirSync(path);
    await bundleAgent(this.#path('oca.cjs'));
    writeFileSync(this.#path('identity.pem'), await identity(), { mode: 0o600 });
    writeFileSync(this.#path('agent.json'), JSON.stringify(this.#config()));
    const agent = await this.start();
    await agent.stop('SIGTERM');
    for (const { path } of this.#disks())
      for (let shard = 0; shard < 256; shard += 1)
        mkdirSync(join(path, 'objects', shard.toString(16).padStart(2, '0')), { recursive: true });
    for (const ending of ['db', 'db-wal', 'db-shm', 'snapshot'])
      rmSync(this.stateFile(`index.${ending}`), { force: true });
  }

  /**
   * Lays assets on the disks: a file of the right length without blocks, and a sidecar as the store writes it. Their
   * bytes are never read here.
   */
  lay(from: number, to: number): void {
    const disks = this.#disks();
    for (let n = from; n < to; n += 1) {
      const { assetId, name } = assetNumber(n);
      const disk = disks[n % disks.length]?.path ?? '';
      const place = join(disk, 'objects', assetId.slice(0, 2), assetId);
      const file = openSync(place, 'wx');
      ftruncateSync(file, ASSET_BYTES);
      closeSync(file);
      const chunkHashes = Array.from({ length: CHUNKS }, () => CHUNK_HASH);
      const sidecar = formatSidecar({ sizeBytes: ASSET_BYTES, names: [name], chunkHashes });
      writeFileSync(`${place}.json`, sidecar);
    }
  }

  stateFile(name: string): string {
    return this.#path(join('state', name));
  }

  /** Starts the agent; resolves when it serves. */
  async start(): Promise<BenchAgent> {
    const args = [
      ...UNIT.nodeOptions,
      this.#path('oca.cjs'),
      'serve',
      '--config',
      this.#path('agent.json'),
    ];
    const agent = new BenchAgent(
      spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'], env: UNIT.env }),
      this.#disks().length,
    );
    await agent.ready;
    return agent;
  }

  #path(name: string): string {
    return join(this.#folder, name);
  }
  #disks() {
    const of = (tier: 'flash' | 'hdd', count: number) =>
      Array.from({ length: count }, (_, number) => {
        const diskId = `${tier}-${number + 1}`;
        const capacityBytes = Math.floor(this.#heldBytes / WATERMARKS[tier]);
        return { diskId, tier, capacityBytes, path: this.#path(diskId) };
      });
    return [...of('flash', FLASH_DISKS), ...of('hdd', HDD_DISKS)];
  }

  /** Its control plane is not there, and no plan; scrub and parity, which would read the files, are off. */
  #config() {
    const x = Buffer.alloc(32, 1).toString('base64url');
    return {
      ocaId: 'bench-oca',
      siteId: 'bench-site',
      controlUrl: 'http://127.0.0.1:9',
      identityFile: this.#path('identity.pem'),
      deliveryUrl: 'http://127.0.0.1:1',
      delivery: { address: '127.0.0.1', port: 0 },
      management: { address: '127.0.0.1', port: 0 },
      stateDirectory: this.#path('state'),
      disks: this.#disks(),
      requireMountPoints: false,
      eviction: { surpriseShare: 1 },
      parity: { dataFiles: 10, parityFiles: 0 },
      scrubPeriodDays: 0,
      trustedPlanKeys: [
        { kty: 'OKP', crv: 'Ed25519', alg: 'EdDSA', kid: 'bench', purpose: 'fill-plan', x },
      ],
      tokens: 'off',
    };
  }
}

/** A running agent, and how long it took. Memory as the kernel says: Linux alone. */
export class BenchAgent {
  readonly ready: Promise<void>;
  /** Index and disks agree. */
  readonly reconciled: Promise<void>;
  readySeconds = 0;
  reconciledSeconds = 0;
  #child: ChildProcess;
  readonly #beganAt = performance.now();

  constructor(child: ChildProcess, disks: number) {
    this.#child = child;
    const ready = Promise.withResolvers<void>();
    const reconciled = Promise.withResolvers<void>();
    this.ready = ready.promise;
    this.reconciled = reconciled.promise;
    let left = disks;
    createInterface({ input: child.stdout as NodeJS.ReadableStream }).on('line', (line) => {
      const { event } = JSON.parse(line) as { event: string };
      if (event === 'oca.ready') {
        this.readySeconds = this.#elapsedSeconds();
        ready.resolve();
      }
      if (event !== 'store.disk.reconciled') return;
      left -= 1;
      if (left > 0) return;
      this.reconciledSeconds = this.#elapsedSeconds();
      reconciled.resolve();
    });
    child.once('exit', (code) => {
      const gone = new Error(`the agent ended with exit code ${code}`);
      ready.reject(gone);
      reconciled.reject(gone);
    });
    reconciled.promise.catch(() => undefined);
  }

  /** Bytes: `VmRSS` now, or `VmHWM` at most. */
  memoryBytes(field: 'VmRSS' | 'VmHWM'): number {
    const status = readFileSync(`/proc/${this.#child.pid}/status`, 'utf8');
    return Number(new RegExp(`${field}:\\s+(\\d+) kB`).exec(status)?.[1]) * 1024;
  }

  /** Returns how long it took. */
  async stop(signal: 'SIGTERM' | 'SIGKILL'): Promise<number> {
    const beganAt = performance.now();
    const exited = once(this.#child, 'exit');
    this.#child.kill(signal);
    await exited;
    return (performance.now() - beganAt) / 1000;
  }

  #elapsedSeconds(): number {
    return (performance.now() - this.#beganAt) / 1000;
  }
}

async function identity(): Promise<string> {
  const now = epochMs(Date.now());
  const authority = await makeAuthority({ name: 'authority of a benchmark', now });
  const { privateKey, csr } = await makeClientKey();
  const { certificate } = await issueCertificate({
    csr,
    identity: { role: 'oca', ocaId: 'bench-oca' as OcaId },
    authority: await importAuthority(authority),
    lifetimeDays: 30,
    now,
  });
  return `${privateKey}${certificate}`;
}
