import type { Clock } from '#domain/clock.ts';
import { CdnError } from '#domain/errors.ts';
import { seconds } from '#domain/units.ts';
import type { Log } from '../../log.ts';
import { type FileSystem, replaceText } from '../../platform/file-system.ts';
import type { Programs } from '../../platform/programs.ts';
import type { PlanePaths } from './plane-paths.ts';

export interface NginxServerOptions {
  /** The program. */
  readonly binary: string;
  readonly paths: PlanePaths;
  readonly programs: Programs;
  readonly files: FileSystem;
  readonly clock: Clock;
  readonly log: Log;
}

export type NginxVersion = readonly [major: number, minor: number, patch: number];

/** What a start or a test of a configuration may take. */
const PROGRAM_TIME_MAX = seconds(20);
const LOOK_EVERY = seconds(1);
const ERROR_LENGTH_MAX = 600;

/**
 * An nginx of our own, which outlives us: it is started when none runs, and reloaded when its configuration has changed. A
 * configuration that nginx refuses never replaces one that works.
 */
export class NginxServer {
  readonly #options: NginxServerOptions;

  constructor(options: NginxServerOptions) {
    this.#options = options;
  }

  /** @throws CdnError `nginx-unusable` */
  async version(): Promise<NginxVersion> {
    const { binary, programs } = this.#options;
    const { stderr } = await programs.run(binary, ['-v'], PROGRAM_TIME_MAX);
    const [, major, minor, patch] = /nginx\/(\d+)\.(\d+)\.(\d+)/.exec(stderr) ?? [];
    if (patch === undefined)
      throw new CdnError(
        'nginx-unusable',
        `${binary} -v: expected a version, found ${firstOf(stderr)}`,
      );
    return [Number(major), Number(minor), Number(patch)];
  }

  /**
   * Lets nginx run with this configuration. One that it refuses is told, and the one before stays in force; where there is
   * none, the agent cannot serve. @throws CdnError `nginx-unusable`, `address-taken`
   */
  async apply(config: string): Promise<void> {
    const { paths, files, log } = this.#options;
    const before = await files.readText(paths.config);
    const isRunning = await this.isRunning();
    if (before === config && isRunning) return;
    const candidate = `${paths.config}.candidate`;
    await replaceText(files, candidate, config, { isPrivate: true });
    const tested = await this.#nginx(candidate, '-t', '-q');
    if (tested.exitCode !== 0) {
      const reason = firstOf(tested.stderr);
      if (!isRunning)
        throw new CdnError('nginx-unusable', `the configuration is refused: ${reason}`);
      log('nginx.config.refused', { reason });
      return;
    }
    await files.rename(candidate, paths.config);
    if (isRunning) await this.reload();
    else await this.#start();
  }

  /** Has nginx read its configuration and certificates anew. Requests that run go on with the ones before. */
  async reload(): Promise<void> {
    this.#options.log('nginx.reloaded');
    await this.#signal('SIGHUP');
  }
  /** Has nginx open its logs anew. */
  async reopenLogs(): Promise<void> {
    await this.#signal('SIGUSR1');
  }

  async isRunning(): Promise<boolean> {
    return this.#signal(0);
  }

  /** Starts nginx again where it has ended, until `signal`. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock, log } = this.#options;
    let isFailing = false;
    while (!signal.aborted) {
      await clock.sleep(LOOK_EVERY, signal);
      if (signal.aborted || (await this.isRunning())) continue;
      try {
        await this.#start();
        log('nginx.restarted');
        isFailing = false;
      } catch (error) {
        if (!isFailing) log('nginx.lost', { message: error instanceof Error ? error.message : '' });
        isFailing = true;
      }
    }
  }

  async #start(): Promise<void> {
    const { paths, files, log } = this.#options;
    // A socket that a killed nginx left would keep a new one from binding.
    await files.remove(paths.statusSocket);
    const { exitCode, stderr } = await this.#nginx(paths.config);
    if (exitCode === 0) return log('nginx.started');
    const code = stderr.includes('Address already in use') ? 'address-taken' : 'nginx-unusable';
    throw new CdnError(code, `nginx does not start: ${firstOf(stderr)}`);
  }

  #nginx(config: string, ...parameters: string[]) {
    const { binary, programs, paths } = this.#options;
    const places = ['-p', paths.folder, '-e', paths.errorLog, '-c', config];
    return programs.run(binary, [...places, ...parameters], PROGRAM_TIME_MAX);
  }

  async #signal(signal: Parameters<Programs['signal']>[1]): Promise<boolean> {
    const { paths, files, programs } = this.#options;
    const pid = Number((await files.readText(paths.pid))?.trim());
    return Number.isSafeInteger(pid) && pid > 1 && programs.signal(pid, signal);
  }
}

const firstOf = (stderr: string): string => stderr.trim().slice(0, ERROR_LENGTH_MAX) || 'nothing';
