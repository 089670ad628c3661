import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { access, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { DiskId } from '#domain/ids.ts';
import { seedFrom } from '#domain/random.ts';
import type { Tier } from '#protocol/fields.ts';
import type { DiskReport } from '#protocol/oca-report.ts';
import type { AgentStatus } from '../../../oca-agent/management/agent-status.ts';
import { seededBytes, sha256 } from '../../oca-agent/fixtures/bytes.ts';
import { fillSource, openPlan, planItem } from '../../oca-agent/fixtures/plans.ts';
import { TestSite } from '../../oca-agent/fixtures/test-agent.ts';
import { until } from '../../oca-agent/fixtures/until.ts';
import { killed } from './commands.ts';
import type { FaultDisk, FilesystemKind } from './fault-disk.ts';
import { programFile } from './program-files.ts';
import type { Workspace } from './workspace.ts';

export interface ApplianceOptions {
  /** Names begin with the tier: `flash-1`, `hdd-2`. */
  readonly disks: readonly string[];
  readonly kind?: FilesystemKind;
  readonly config?: Record<string, unknown>;
  /** The agent's clock goes so many times faster. */
  readonly clockFactor?: number;
}

/** Less than the smallest filesystem has. */
const CAPACITY_BYTES = 200_000_000;
const TITLE = 'title-1';
const START_BYTES = 1024;
const ENOUGH_THREADS = { UV_THREADPOOL_SIZE: '320' };
/** Detection looks every 10 s, a repair takes its time, and other work goes on on this machine. */
const DEADLINE_MS = 45_000;

/** The agent in a process of its own on disks that can fail, with its control plane and its CloudFront. */
export class Appliance {
  readonly site: TestSite;
  readonly disks = new Map<string, FaultDisk>();
  readonly log: { readonly event: string; readonly [fact: string]: unknown }[] = [];
  readonly contents = new Map<string, Buffer>();
  readonly #workspace: Workspace;
  readonly #options: ApplianceOptions;
  #process: ChildProcess | undefined;
  #url = '';
  #managementUrl = '';
  #planVersion = 0;

  private constructor(site: TestSite, workspace: Workspace, options: ApplianceOptions) {
    this.site = site;
    this.#workspace = workspace;
    this.#options = options;
  }

  static async start(workspace: Workspace, options: ApplianceOptions): Promise<Appliance> {
    const site = await TestSite.build();
    const appliance = new Appliance(site, workspace, options);
    workspace.onClear(() => appliance.#stop());
    const names = await Promise.all(
      options.disks.map(async (name) => {
        const disk = await workspace.disk(name, options.kind ? { kind: options.kind } : {});
        appliance.disks.set(name, disk);
        return { diskId: name, tier: tierOf(name), path: disk.mountPoint };
      }),
    );
    site.configure({
      disks: names.map((disk) => ({ ...disk, capacityBytes: CAPACITY_BYTES })),
      requireMountPoints: true,
      maintenanceBitsPerSecond: 4_000_000_000,
      ...options.config,
    });
    site.control.sources = [fillSource('cloudfront', site.cloudFront, 'cloudfront')];
    await appliance.startAgent();
    return appliance;
  }

  disk(name: string): FaultDisk {
    const disk = this.disks.get(name);
    if (!disk) throw new Error(`no disk ${name}`);
    return disk;
  }

  async startAgent(): Promise<void> {
    const configFile = join(this.site.folder, 'agent.json');
    await writeFile(configFile, this.site.configText());
    const { clockFactor } = this.#options;
    const program =
      clockFactor === undefined
        ? [await this.#workspace.agentProgram(), 'serve', '--config', configFile]
        : [programFile('fast-agent'), configFile, clockFactor];
    const args = ['--disable-warning=ExperimentalWarning', ...program.map(String)];
    const child = spawn(process.execPath, args, {
      stdio: ['ignore', 'pipe', 'inherit'],
      // The bundle sees to that itself.
      env: clockFactor === undefined ? process.env : { ...process.env, ...ENOUGH_THREADS },
    });
    this.#process = child;
    const { promise, resolve, reject } = Promise.withResolvers<Record<string, string>>();
    createInterface({ input: child.stdout }).on('line', (line) => {
      const entry = JSON.parse(line);
      this.log.push(entry);
      if (entry.event === 'oca.ready') resolve(entry);
    });
    child.once('exit', (code) => reject(new Error(`the agent ended with ${code}`)));
    const { url = '', managementUrl = '' } = await promise;
    this.#url = url;
    this.#managementUrl = managementUrl;
    await until(() => this.site.control.lastReport, 'the first report');
  }

  async killAgent(): Promise<void> {
    if (this.#process) await killed(this.#process);
    this.#process = undefined;
  }

  /** Tells it to stop. Gives what it ended with: an exit code, or a signal. */
  async stopAgent(): Promise<number | NodeJS.Signals | null> {
    const child = this.#process;
    if (!child) throw new Error('no agent runs');
    const exited = once(child, 'exit');
    child.kill('SIGTERM');
    await exited;
    this.#process = undefined;
    return child.exitCode ?? child.signalCode;
  }

  /** Puts files into CloudFront, plans all that was planned so far and them, and wakes the fill. */
  async plan(contents: ReadonlyMap<string, Buffer>, tier: Tier): Promise<void> {
    for (const [file, content] of contents) {
      this.contents.set(file, content);
      this.site.cloudFront.put(TITLE, file, content);
      this.#tiers.set(file, tier);
    }
    this.#planVersion += 1;
    const items = [...this.contents].map(([file, content]) =>
      planItem(file, content, { tier: this.#tiers.get(file) ?? tier }),
    );
    await this.site.control.offerPlan(openPlan(this.#planVersion, items));
    await this.manage('/fill');
  }
  readonly #tiers = new Map<string, Tier>();

  /** Plans files and waits until they are held. */
  async fill(contents: ReadonlyMap<string, Buffer>, tier: Tier): Promise<void> {
    await this.plan(contents, tier);
    await this.untilFilled();
  }

  async untilFilled(): Promise<void> {
    await this.until(
      ({ fill }) => fill.planVersion === this.#planVersion && fill.state === 'complete',
      `plan ${this.#planVersion} to be filled`,
    );
  }

  async status(): Promise<AgentStatus> {
    const answer = await fetch(`${this.#managementUrl}/status`, CLOSING);
    return (await answer.json()) as AgentStatus;
  }

  async until(isAsWanted: (status: AgentStatus) => boolean, what: string): Promise<AgentStatus> {
    let last: AgentStatus | undefined;
    const met = async () => {
      last = await this.status();
      return isAsWanted(last) ? last : undefined;
    };
    return until(met, what, DEADLINE_MS).catch((error: Error) => {
      const { disks, parity, fill, scrub, reasons } = last ?? ({} as Partial<AgentStatus>);
      const found = JSON.stringify({ disks, parity, fill, scrub, reasons });
      throw new Error(`${error.message}; found ${found}`);
    });
  }

  async diskReport(name: string): Promise<DiskReport | undefined> {
    return (await this.status()).disks.find(({ diskId }) => diskId === name);
  }

  /** Waits until a disk is in one of these states and gives the reason. */
  async untilDisk(name: string, ...states: readonly DiskReport['state'][]): Promise<string> {
    const isIt = ({ diskId, state }: DiskReport) =>
      diskId === (name as DiskId) && states.includes(state);
    const { disks } = await this.until((status) => status.disks.some(isIt), `${name}: ${states}`);
    return disks.find(isIt)?.reason ?? '';
  }

  async manage<T>(path: string, message: unknown = {}): Promise<T> {
    const init = { method: 'POST', body: JSON.stringify(message), ...CLOSING };
    const answer = await fetch(`${this.#managementUrl}${path}`, init);
    const found = await answer.text();
    if (!answer.ok) throw new Error(`${path}: ${answer.status} ${found}`);
    return JSON.parse(found) as T;
  }

  async get(file: string): Promise<Served> {
    const answer = await fetch(`${this.#url}/content/${TITLE}/${file}`, CLOSING);
    const body = Buffer.from(await answer.arrayBuffer());
    return {
      status: answer.status,
      isExact: this.contents.get(file)?.equals(body) ?? false,
      isHit: answer.headers.get('cache-status')?.includes('; hit') ?? false,
    };
  }

  /** Asks for the first bytes of files one after another, on connections that stay; the ones that did not come. */
  async badStarts(files: Iterable<string>): Promise<string[]> {
    const bad: string[] = [];
    for (const file of files) {
      const headers = { range: `bytes=0-${START_BYTES - 1}` };
      const answer = await fetch(`${this.#url}/content/${TITLE}/${file}`, { headers });
      const start = this.contents.get(file)?.subarray(0, START_BYTES);
      if (!start?.equals(Buffer.from(await answer.arrayBuffer()))) bad.push(file);
    }
    return bad;
  }

  /** Asks for files one after another; the ones that did not come as they should. */
  async badAmong(files: Iterable<string>, mustHit = false): Promise<unknown[]> {
    const bad: unknown[] = [];
    for (const file of files) {
      const served = await this.get(file).catch((error) => ({ ...NOTHING, error: String(error) }));
      if (served.status !== 200 || !served.isExact || (mustHit && !served.isHit))
        bad.push({ file, ...served });
    }
    return bad;
  }

  /** The file in which an asset lies on a disk. */
  pathOn(name: string, file: string): string {
    const assetId = sha256(this.contents.get(file) ?? Buffer.alloc(0));
    return join(this.disk(name).mountPoint, 'objects', assetId.slice(0, 2), assetId);
  }

  /** The files whose assets lie on a disk. */
  async filesOn(name: string): Promise<string[]> {
    const found: string[] = [];
    for (const file of this.contents.keys()) {
      const isThere = access(this.pathOn(name, file)).then(
        () => true,
        () => false,
      );
      if (await isThere) found.push(file);
    }
    return found;
  }

  /** The disk that holds most files, so that there is something to lose. */
  async fullest(): Promise<{ name: string; files: string[] }> {
    const names = [...this.disks.keys()];
    const found = await Promise.all(
      names.map(async (name) => ({ name, files: await this.filesOn(name) })),
    );
    return found.reduce((best, next) => (next.files.length > best.files.length ? next : best));
  }

  /** Makes the next reads of a disk's assets go to the device. */
  async forget(name: string): Promise<void> {
    const paths = (await this.filesOn(name)).map((file) => this.pathOn(name, file));
    await this.disk(name).forget(paths);
  }

  events(event: string): unknown[] {
    return this.log.filter((entry) => entry.event === event);
  }

  async #stop(): Promise<void> {
    for (const disk of this.disks.values()) disk.hang(false);
    await this.killAgent();
    await this.site.stop();
  }
}

/** Files of different sizes whose content follows from the seed and their names. */
export const films = (seed: number, count: number, name = 'video'): Map<string, Buffer> =>
  new Map(
    Array.from({ length: count }, (_, index) => [
      `${name}-${index}.mp4`,
      seededBytes((seed ^ seedFrom(name)) + index, 200_000 + 10_000 * (index % 10)),
    ]),
  );

export interface Served {
  readonly status: number;
  readonly isExact: boolean;
  /** It came from the store. */
  readonly isHit: boolean;
}
const NOTHING: Served = { status: 0, isExact: false, isHit: false };
const CLOSING = { headers: { connection: 'close' } };

const tierOf = (name: string): Tier => (name.startsWith('flash') ? 'flash' : 'hdd');
