import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bundleAgent } from '../../../bin/build/bundle-agent.ts';
import { requireFaultTools, succeeds } from './commands.ts';
import { FaultDisk, type FaultDiskOptions } from './fault-disk.ts';
import { FOLDER_PREFIX, removeProgramFiles } from './program-files.ts';

const AGENT = 'oca.cjs';

/** A folder in which disks may fail. Closing it leaves nothing mounted, attached or running, also after a failed test. */
export class Workspace {
  readonly folder: string;
  readonly #disks: FaultDisk[] = [];
  readonly #users: (() => Promise<void>)[] = [];

  private constructor(folder: string) {
    this.folder = folder;
  }

  static async open(): Promise<Workspace> {
    await requireFaultTools();
    await sweepAfterTheDead();
    return new Workspace(await mkdtemp(join(tmpdir(), `${FOLDER_PREFIX}${process.pid}-`)));
  }

  /** Its folder is `name` in ours, unless the options say otherwise. */
  async disk(name: string, options: Partial<FaultDiskOptions> = {}): Promise<FaultDisk> {
    const disk = await FaultDisk.up({ folder: join(this.folder, name), ...options });
    this.#disks.push(disk);
    return disk;
  }

  /** The agent as an appliance runs it: one file, made when it is first asked for. */
  agentProgram(): Promise<string> {
    const program = join(this.folder, AGENT);
    this.#agent ??= bundleAgent(program).then(() => program);
    return this.#agent;
  }
  #agent: Promise<string> | undefined;

  /** What uses the disks ends before they go down. */
  onClear(end: () => Promise<void>): void {
    this.#users.push(end);
  }

  /** Takes the disks down and away, so that the next test begins with none. */
  async clear(): Promise<void> {
    const failures: unknown[] = [];
    for (const end of this.#users.splice(0)) await end().catch((error) => failures.push(error));
    for (const disk of this.#disks.splice(0))
      await disk.down().catch((error) => failures.push(error));
    await sweep(this.folder);
    for (const name of await readdir(this.folder))
      if (name !== AGENT) await rm(join(this.folder, name), { recursive: true, force: true });
    if (failures.length > 0) throw new AggregateError(failures, 'disks that do not go down');
  }

  async close(): Promise<void> {
    await this.clear().finally(() => rm(this.folder, { recursive: true, force: true }));
    await removeProgramFiles();
  }
}

/** Unmounts what is still mounted below a folder, the innermost first, and detaches the loop devices beneath. */
async function sweep(folder: string): Promise<void> {
  const mounts = (await readFile('/proc/self/mountinfo', 'utf8')).split('\n').flatMap((line) => {
    const [, , , , mountPoint = ''] = line.split(' ');
    return mountPoint.startsWith(`${folder}/`) ? [mountPoint] : [];
  });
  for (const mountPoint of mounts.reverse()) await succeeds('umount', '--lazy', mountPoint);
}

/** What test processes that were killed have left. */
async function sweepAfterTheDead(): Promise<void> {
  for (const name of await readdir(tmpdir())) {
    const pid = Number(
      name.startsWith(FOLDER_PREFIX) ? name.slice(FOLDER_PREFIX.length).split('-')[0] : 0,
    );
    if (pid === 0 || isAlive(pid)) continue;
    await sweep(join(tmpdir(), name));
    await rm(join(tmpdir(), name), { recursive: true, force: true });
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
