import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { milliseconds, seconds } from '#domain/units.ts';
import { importKeys, type VerificationKey } from '#protocol/key-set.ts';
import { operationsOf } from './agent-operations.ts';
import type { AgentParts } from './agent-parts.ts';
import { AgentReport, registrationOf } from './agent-report.ts';
import type { AgentConfig } from './config/agent-config.ts';
import { ControlLink } from './control/control-link.ts';
import { ControlOrders } from './control/control-orders.ts';
import { type ControlPlane, connectControlPlane } from './control/control-plane.ts';
import { ContentDelivery } from './delivery/content-delivery.ts';
import { OPEN_HEADERS } from './delivery/delivery-headers.ts';
import { DeliveryMeter } from './delivery/delivery-meter.ts';
import { HttpCache } from './delivery/http-cache/http-cache.ts';
import { DeliveryLog } from './delivery/log/delivery-log.ts';
import { NginxPlane } from './delivery/nginx/nginx-plane.ts';
import { SessionAdmission } from './delivery/session-admission.ts';
import { TokenGate } from './delivery/token-gate.ts';
import { DiskWatch } from './disks/disk-watch.ts';
import { FillEngine } from './fill/fill-engine.ts';
import { Pacer } from './fill/pacer.ts';
import { PlanKeeper } from './fill/plan-keeper.ts';
import { failureFacts, type Log } from './log.ts';
import { manage } from './management/management-server.ts';
import type { HttpListener } from './platform/http-server.ts';
import type { Platform } from './platform/platform.ts';
import { HeldInventory } from './store/held-inventory.ts';
import { StoreUpkeep } from './upkeep/store-upkeep.ts';

export interface AgentOptions {
  readonly config: AgentConfig;
  readonly platform: Platform;
  readonly log: Log;
  readonly softwareVersion: string;
}

export interface RunningAgent {
  readonly deliveryUrl: string;
  readonly managementUrl: string;
  /**
   * Stops within two seconds, five where a disk hangs: says goodbye, accepts nothing new, lets answers end or cuts
   * them.
   */
  stop(): Promise<void>;
}

/** A client on which nothing moves for so long is cut. Source: research "appliance", section 4.2. */
const CLIENT_SILENCE_MAX = seconds(20);
/** A verification of a whole store answers when it is done. */
const MANAGEMENT_SILENCE_MAX = milliseconds(0);
/** The last report must not hold up the stop. */
const GOODBYE_MAX = seconds(0.3);
/** Nor a disk that hangs. What was acknowledged is safe by then, and the rest is as after a crash. */
const STORE_CLOSE_MAX = seconds(3);

/** The agent of one appliance: builds its parts, lets them know of each other, starts and stops them. */
export class Agent {
  readonly #options: AgentOptions;
  readonly #parts: AgentParts;
  readonly #controlPlane: ControlPlane;
  readonly #gate: TokenGate;
  readonly #meter: DeliveryMeter;
  readonly #deliveryLog: DeliveryLog;
  readonly #httpCache: HttpCache;
  readonly #sessions: SessionAdmission;
  /** Where nginx stands in front of us. */
  readonly #plane: NginxPlane | undefined;
  readonly #keeper: PlanKeeper;
  readonly #engine: FillEngine;
  readonly #upkeep: StoreUpkeep;
  readonly #watch: DiskWatch;
  readonly #orders: ControlOrders;
  readonly #link: ControlLink;
  readonly #report: AgentReport;
  readonly #inventory: HeldInventory;
  readonly #ending = new AbortController();
  /** The last answers are logged, too. */
  readonly #endingLog = new AbortController();
  #isDrained: boolean;
  #delivery: HttpListener | undefined;
  #management: HttpListener | undefined;
  #loops: Promise<unknown> = Promise.resolve();
  #logging: Promise<void> = Promise.resolve();

  constructor(options: AgentOptions, parts: AgentParts) {
    const { config, platform, log } = options;
    const { clock, random } = platform;
    const { state, store, controlClient } = parts;
    const { ocaId, controlUrl } = config;
    const boot = { bootId: randomUUID(), softwareVersion: options.softwareVersion };
    this.#options = options;
    this.#parts = parts;
    this.#isDrained = state.isDrained.read() ?? false;
    this.#gate = new TokenGate(clock);
    this.#meter = new DeliveryMeter(clock, random);
    this.#deliveryLog = this.#newDeliveryLog();
    this.#httpCache = this.#newHttpCache();
    this.#sessions = new SessionAdmission(clock);
    this.#plane = this.#nginxPlane();
    this.#inventory = new HeldInventory(store.index, ocaId);
    this.#keeper = new PlanKeeper({ ...config, state, store, clock, log });
    this.#controlPlane = connectControlPlane({ controlUrl, ocaId, httpClient: controlClient });
    this.#engine = this.#fillEngine();
    this.#upkeep = this.#storeUpkeep();
    this.#watch = this.#diskWatch();
    this.#orders = this.#controlOrders();
    this.#report = this.#agentReport(boot);
    this.#link = new ControlLink({
      controlPlane: this.#controlPlane,
      state,
      keeper: this.#keeper,
      clock,
      random,
      log,
      registration: registrationOf(config, boot),
      describe: () => this.#report.report(),
      inventory: this.#inventory,
      onKeys: (keys, tokenIssuer) => this.#trust(keys, tokenIssuer),
      onPlan: () => this.#engine.wake(),
      orders: this.#orders,
      onSampleTaken: () => this.#meter.clearFirstBytes(),
    });
    this.#listenToStore();
  }

  async start(): Promise<RunningAgent> {
    const { config, platform, log } = this.#options;
    await this.#trust(this.#parts.state.keys.read() ?? [], this.#link.receipt?.tokenIssuer ?? '');
    await this.#keeper.restore();
    const management = await platform.listen(
      { ...config.management, silenceMax: MANAGEMENT_SILENCE_MAX },
      manage(this.#operations(), log),
    );
    this.#management = management;
    const content = this.#contentDelivery();
    await this.#plane?.prepare();
    const delivery = await platform
      .listen(
        {
          ...this.#deliveryPlace(),
          silenceMax: CLIENT_SILENCE_MAX,
          refusalHeaders: OPEN_HEADERS,
          onUnreadable: () => this.#meter.countUnreadable(),
        },
        (request, reply) => content.serve(request, reply),
      )
      .catch(async (error) => {
        await management.stop();
        throw error;
      });
    this.#delivery = delivery;
    this.#showRenewedCertificates(delivery);
    await this.#plane?.start().catch(async (error) => {
      await Promise.all([management.stop(), delivery.stop()]);
      throw error;
    });
    const deliveryUrl = this.#plane?.url ?? delivery.url;
    log('oca.ready', { url: deliveryUrl, managementUrl: management.url });
    const { signal } = this.#ending;
    this.#logging = this.#deliveryLog.run(this.#endingLog.signal);
    this.#loops = Promise.all([
      this.#link.run(signal),
      this.#engine.run(signal),
      this.#upkeep.run(signal),
      this.#watch.run(signal),
      this.#plane?.run(signal),
      this.#parts.certificate?.run(signal),
      this.#parts.identity.run((csr) => this.#controlPlane.renewCertificate(csr), signal),
    ]);
    return {
      deliveryUrl,
      managementUrl: management.url,
      stop: () => this.#stop(),
    };
  }

  async #stop(): Promise<void> {
    const { platform, log } = this.#options;
    this.#ending.abort();
    const goodbye = this.#link.reportOnce().catch((error) => {
      log('control.goodbye.unsent', failureFacts(error));
    });
    await Promise.race([goodbye, platform.clock.sleep(GOODBYE_MAX)]);
    await Promise.all([this.#delivery?.stop(), this.#management?.stop()]);
    this.#endingLog.abort();
    await Promise.race([
      Promise.all([this.#loops, this.#logging]),
      platform.clock.sleep(GOODBYE_MAX),
    ]);
    platform.httpClient.close();
    this.#parts.controlClient.close();
    await this.#closeStore();
    this.#parts.state.close();
    log('oca.stopped');
  }

  async #closeStore(): Promise<void> {
    const { platform, log } = this.#options;
    const waited = new AbortController();
    const isClosed = await Promise.race([
      this.#parts.store.close().then(() => true),
      platform.clock.sleep(STORE_CLOSE_MAX, waited.signal).then(() => false),
    ]).finally(() => waited.abort());
    if (!isClosed) log('store.close.given-up');
  }

  #newDeliveryLog(): DeliveryLog {
    const { config, platform, log } = this.#options;
    const { fileSystem: files, clock } = platform;
    const folder = join(config.stateDirectory, 'delivery-log');
    return new DeliveryLog({ folder, sizeBytesMax: config.deliveryLogBytesMax, files, clock, log });
  }

  #controlOrders(): ControlOrders {
    const { clock } = this.#options.platform;
    const parts = {
      controlPlane: this.#controlPlane,
      gate: this.#gate,
      httpCache: this.#httpCache,
    };
    const onApplied = () => {
      this.#engine.wake();
      this.#link.reportNow();
    };
    return new ControlOrders({ ...this.#parts, ...this.#options, ...parts, clock, onApplied });
  }

  #newHttpCache(): HttpCache {
    const { config, platform, log } = this.#options;
    const { ocaId, delivery } = config;
    const { httpClient, clock } = platform;
    const sizeBytesMax = delivery.httpCacheBytesMax;
    return new HttpCache({ ocaId, httpClient, clock, log, meter: this.#meter, sizeBytesMax });
  }

  #nginxPlane(): NginxPlane | undefined {
    const { config, platform, log } = this.#options;
    if (!config.delivery.nginx) return undefined;
    return new NginxPlane({
      config,
      platform,
      log,
      store: this.#parts.store,
      gate: this.#gate,
      sessions: this.#sessions,
      meter: this.#meter,
      deliveryLog: this.#deliveryLog,
    });
  }

  /** Where we listen: for everybody, or for nginx alone. */
  #deliveryPlace() {
    if (this.#plane) return { socketPath: this.#plane.paths.agentSocket };
    const { address, port } = this.#options.config.delivery;
    const { certificate } = this.#parts;
    return { address, port, ...(certificate && { certificate: certificate.current }) };
  }

  #showRenewedCertificates(delivery: HttpListener): void {
    const { certificate } = this.#parts;
    if (!certificate) return;
    certificate.onRenewed = (renewed) => {
      if (this.#plane) void this.#plane.reload();
      else delivery.useCertificate(renewed);
    };
  }

  #contentDelivery(): ContentDelivery {
    const { config, platform, log } = this.#options;
    return new ContentDelivery({
      ocaId: config.ocaId,
      isTokenRequired: config.tokens === 'required',
      store: this.#parts.store,
      httpClient: platform.httpClient,
      clock: platform.clock,
      log,
      gate: this.#gate,
      sessions: this.#sessions,
      meter: this.#meter,
      deliveryLog: this.#deliveryLog,
      condition: () => this.#report.condition(),
      purges: this.#orders.purges,
      upstreamToken: () => this.#link.upstreamToken,
      upstreamUrl: () => this.#link.receipt?.cloudFrontUrl.replace(/\/+$/, ''),
      httpCache: this.#httpCache,
    });
  }

  #fillEngine(): FillEngine {
    const { config, platform, log } = this.#options;
    const { httpClient, clock, random } = platform;
    return new FillEngine({
      store: this.#parts.store,
      keeper: this.#keeper,
      controlPlane: this.#controlPlane,
      httpClient,
      clock,
      random,
      log,
      pacer: new Pacer(clock, config.fillBitsPerSecond),
      transfersMax: config.fillTransfersMax,
    });
  }

  #storeUpkeep(): StoreUpkeep {
    const { config, platform, log } = this.#options;
    const { egressBitsPerSecondMax = Number.POSITIVE_INFINITY } = config.delivery;
    const { store, parityKeeper: keeper } = this.#parts;
    const deliveryPressure = () => this.#meter.egress() / egressBitsPerSecondMax;
    return new StoreUpkeep({ config, platform, store, keeper, deliveryPressure, log });
  }

  #diskWatch(): DiskWatch {
    const { config, platform, log } = this.#options;
    return new DiskWatch({
      disks: this.#parts.store.volumes,
      files: platform.fileSystem,
      clock: platform.clock,
      log,
      diskHealthFile: config.diskHealthFile,
      isFillComplete: () => this.#engine.report().state === 'complete',
    });
  }

  /** What was lost is filled again, and the control plane learns of it at once. */
  #listenToStore(): void {
    const { store, parityKeeper } = this.#parts;
    const refill = () => this.#engine.wake();
    this.#upkeep.verifier.onLost = refill;
    if (parityKeeper) parityKeeper.onLost = refill;
    store.onDiskFailure = () => {
      refill();
      this.#upkeep.wake();
      this.#link.reportNow();
    };
  }

  #agentReport(boot: { readonly bootId: string; readonly softwareVersion: string }): AgentReport {
    const { config, platform } = this.#options;
    const { store, parityKeeper: keeper, identity, certificate } = this.#parts;
    return new AgentReport({
      config,
      ...boot,
      startedAt: platform.clock.now(),
      now: () => platform.clock.now(),
      store,
      keeper,
      upkeep: this.#upkeep,
      identity,
      certificate,
      gate: this.#gate,
      meter: this.#meter,
      deliveryLog: this.#deliveryLog,
      engine: this.#engine,
      watch: this.#watch,
      link: () => this.#link,
      purges: this.#orders.purges,
      inventoryDigest: () => this.#inventory.digest,
      connections: () => this.#plane?.connections ?? this.#delivery?.connections() ?? 0,
      isDrainedHere: () => this.#isDrained,
      isStopping: () => this.#ending.signal.aborted,
    });
  }

  #operations() {
    return operationsOf({
      store: this.#parts.store,
      httpCache: this.#httpCache,
      upkeep: this.#upkeep,
      engine: this.#engine,
      link: this.#link,
      report: this.#report,
      inventory: () => this.#inventory.message(),
      setDrained: (isDrained) => {
        this.#isDrained = isDrained;
        this.#parts.state.isDrained.write(isDrained);
      },
      signal: this.#ending.signal,
    });
  }

  async #trust(keys: readonly VerificationKey[], tokenIssuer: string): Promise<void> {
    this.#gate.trust(await importKeys(keys, 'session-token'), tokenIssuer);
    await this.#plane?.judgeAnew();
  }
}
