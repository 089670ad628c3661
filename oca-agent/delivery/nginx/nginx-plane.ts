import type { Clock } from '#domain/clock.ts';
import { CdnError } from '#domain/errors.ts';
import { epochMs, seconds } from '#domain/units.ts';
import type { AgentConfig } from '../../config/agent-config.ts';
import type { Log } from '../../log.ts';
import type { Platform } from '../../platform/platform.ts';
import { socketText } from '../../platform/socket-text.ts';
import type { AssetStore } from '../../store/asset-store.ts';
import type { DeliveryMeter } from '../delivery-meter.ts';
import type { DeliveryLog } from '../log/delivery-log.ts';
import { cmcdOf, networkOf } from '../log/delivery-record.ts';
import type { SessionAdmission } from '../session-admission.ts';
import type { TokenGate } from '../token-gate.ts';
import { descriptorBudget } from './descriptor-budget.ts';
import type { Hit } from './hit-line.ts';
import { HitLog } from './hit-log.ts';
import { nginxConfig } from './nginx-config.ts';
import { NginxServer } from './nginx-server.ts';
import { planePaths } from './plane-paths.ts';
import { SessionLinks } from './session-links.ts';

export interface NginxPlaneOptions {
  readonly config: AgentConfig;
  readonly platform: Platform;
  readonly log: Log;
  readonly store: AssetStore;
  readonly gate: TokenGate;
  readonly sessions: SessionAdmission;
  readonly meter: DeliveryMeter;
  readonly deliveryLog: Pick<DeliveryLog, 'note'>;
}

const COUNT_EVERY = seconds(1);
/** The longest path of a socket. Source: unix(7), `sun_path`, less its last byte; FreeBSD has 104. */
const SOCKET_PATH_MAX = 103;

/**
 * The data plane where nginx is: nginx serves hits from the serving tree, to sessions that the agent has let in, and hands
 * everything else on to the agent's socket. It goes on while the agent is away.
 */
export class NginxPlane {
  readonly #options: NginxPlaneOptions;
  readonly #server: NginxServer;
  readonly #links: SessionLinks;
  readonly #hits: HitLog;
  readonly #clock: Clock;
  readonly paths: ReturnType<typeof planePaths>;
  #connections = 0;
  #isServing = false;

  constructor(options: NginxPlaneOptions) {
    const { config, platform, log, gate } = options;
    const { fileSystem: files, programs, clock } = platform;
    this.#options = options;
    this.#clock = clock;
    this.paths = planePaths(config.stateDirectory, config.servingTree);
    const { paths } = this;
    const binary = config.delivery.nginx?.binary ?? '';
    this.#server = new NginxServer({ binary, paths, programs, files, clock, log });
    const onIdle = (token: string) => gate.forget(token);
    const places = { folder: paths.sessions, tree: paths.tree };
    this.#links = new SessionLinks({ ...places, files, clock, log, onIdle });
    this.#hits = new HitLog({
      path: paths.hitLog,
      files,
      clock,
      log,
      reopen: () => this.#server.reopenLogs(),
      onHit: (hit) => this.#count(hit),
      onRefused: (status) => this.#countRefused(status),
    });
    gate.onVerified = (token, claims) => this.#links.admit(token, claims);
    gate.onRevoked = (sessionIds) => {
      const ended = new Set<string>(sessionIds);
      void this.#links.end(({ sid }) => ended.has(sid));
    };
  }

  /** Client connections of the last second. */
  get connections(): number {
    return this.#connections;
  }
  get url(): string {
    const { address, port, tls } = this.#options.config.delivery;
    const host = address.includes(':') ? `[${address}]` : address;
    return `${tls ? 'https' : 'http'}://${host}:${port}`;
  }

  /** Prepares what nginx needs to be started. @throws CdnError `config-invalid` */
  async prepare(): Promise<void> {
    const { paths } = this;
    const { fileSystem: files } = this.#options.platform;
    const { length } = paths.agentSocket;
    if (length > SOCKET_PATH_MAX)
      throw new CdnError(
        'config-invalid',
        `stateDirectory: ${paths.agentSocket} has ${length} letters, and a socket's path no more than ${SOCKET_PATH_MAX}`,
      );
    await files.makeFolder(paths.folder);
    await files.makeFolder(paths.tree);
    await files.makeFolder(paths.sessions);
  }

  /** Lets nginx serve; the agent's socket must listen by now. @throws CdnError `nginx-unusable`, `address-taken` */
  async start(): Promise<void> {
    const { config, platform, log } = this.#options;
    const { nginx, address, port, connectionsMax, tls } = config.delivery;
    if (!nginx) return;
    const { openFilesMax } = nginx;
    const limit = await platform.programs.descriptorsMax();
    const budget = descriptorBudget(limit, { connectionsMax, openFilesMax });
    if (budget.isShort) log('nginx.descriptors.few', { limit, ...budget });
    await this.#server.apply(
      nginxConfig({
        ocaId: config.ocaId,
        paths: this.paths,
        address,
        port,
        tls,
        version: await this.#server.version(),
        isTokenRequired: config.tokens === 'required',
        workers: nginx.workers,
        budget,
        rootName: platform.programs.rootName,
      }),
    );
    this.#isServing = true;
    await this.judgeAnew();
  }

  /** Other keys are trusted now: the sessions of those before may have to end. */
  async judgeAnew(): Promise<void> {
    if (this.#isServing) await this.#links.restore((token) => this.#options.gate.judge(token));
  }

  /** Has nginx read its certificate anew. */
  reload(): Promise<void> {
    return this.#server.reload();
  }

  /** Reads hits until `reading` aborts, all else until `signal`. Never rejects. */
  async run(signal: AbortSignal): Promise<void> {
    await Promise.all([
      this.#server.run(signal),
      this.#links.run(signal),
      this.#hits.run(signal),
      this.#keepCounting(signal),
    ]);
  }

  async #keepCounting(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const text = await socketText(this.paths.statusSocket, '/').catch(() => '');
      this.#connections = Number(/Active connections: (\d+)/.exec(text)?.[1] ?? 0);
      await this.#clock.sleep(COUNT_EVERY, signal);
    }
  }

  #countRefused(status: number): void {
    const { meter } = this.#options;
    meter.requests += 1;
    meter.countRefusal(status === 413 ? 'message-too-large' : 'request-invalid');
  }

  #count(hit: Hit): void {
    const { store, meter, deliveryLog, sessions, config } = this.#options;
    const sessionId = this.#links.sessionIdOf(hit.token);
    const held = store.find(hit.titleId, hit.file);
    meter.requests += 1;
    meter.hits += 1;
    meter.countSent('hit', hit.sentBytes);
    this.#links.noteUse(hit.token);
    sessions.admit(sessionId ?? hit.address, true);
    if (held) store.noteUse(held, hit.sentBytes);
    deliveryLog.note({
      at: epochMs(hit.endedAt - hit.took),
      requestId: hit.requestId,
      ocaId: config.ocaId,
      sessionId,
      titleId: hit.titleId,
      file: hit.file,
      method: hit.method,
      range: hit.range,
      status: hit.status,
      outcome: 'hit',
      detail: held?.tier,
      sentBytes: hit.sentBytes,
      isWhole: hit.isWhole,
      took: hit.took,
      network: networkOf(hit.address),
      cmcd: cmcdOf(hit.target, {}) ?? (hit.cmcdFields || undefined),
    });
  }
}
