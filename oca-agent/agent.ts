import { randomUUID } from 'node:crypto';
import { milliseconds, seconds } from '#domain/units.ts';
import { importKeys, type VerificationKey } from '#protocol/key-set.ts';
import type { OcaRegistration } from '#protocol/oca-registration.ts';
import { type Condition, judgeCondition } from './condition.ts';
import type { AgentConfig } from './config/agent-config.ts';
import type { AgentState } from './control/agent-state.ts';
import { ControlLink } from './control/control-link.ts';
import { type ControlPlane, connectControlPlane } from './control/control-plane.ts';
import type { IdentityKeeper } from './control/identity.ts';
import { ContentDelivery } from './delivery/content-delivery.ts';
import { OPEN_HEADERS } from './delivery/delivery-headers.ts';
import { DeliveryMeter } from './delivery/delivery-meter.ts';
import { SessionAdmission } from './delivery/session-admission.ts';
import { TokenGate } from './delivery/token-gate.ts';
import { FillEngine } from './fill/fill-engine.ts';
import { Pacer } from './fill/pacer.ts';
import { PlanKeeper } from './fill/plan-keeper.ts';
import { failureFacts, type Log } from './log.ts';
import type { AgentStatus } from './management/agent-status.ts';
import { manage } from './management/management-server.ts';
import { evictAssets, selectAssets } from './management/operations.ts';
import type { HttpClient } from './platform/http-client.ts';
import type { HttpListener } from './platform/http-server.ts';
import type { Platform } from './platform/platform.ts';
import type { AssetStore } from './store/asset-store.ts';
import { diskReports, inventoryOf, tierReports } from './store/store-reports.ts';
import { verifyAssets } from './store/verify-assets.ts';

export interface AgentOptions {
  readonly config: AgentConfig;
  readonly platform: Platform;
  readonly log: Log;
  readonly softwareVersion: string;
}

/** What is opened before an agent can be built. */
export interface AgentParts {
  readonly state: AgentState;
  readonly store: AssetStore;
  readonly identity: IdentityKeeper;
  /** Shows the identity, to the control plane alone. */
  readonly controlClient: HttpClient;
}

export interface RunningAgent {
  readonly deliveryUrl: string;
  readonly managementUrl: string;
  /** Stops within two seconds: says goodbye, accepts nothing new, lets answers end or cuts them. */
  stop(): Promise<void>;
}

/** A client on which nothing moves for so long is cut. Source: research "appliance", section 4.2. */
const CLIENT_SILENCE_MAX = seconds(20);
/** A verification of a whole store answers when it is done. */
const MANAGEMENT_SILENCE_MAX = milliseconds(0);
/** The last report must not hold up the stop. */
const GOODBYE_MAX = seconds(0.3);

/** The agent of one appliance: builds its parts, lets them know of each other, starts and stops them. */
export class Agent {
  readonly #options: AgentOptions;
  readonly #state: AgentState;
  readonly #store: AssetStore;
  readonly #identity: IdentityKeeper;
  readonly #controlClient: HttpClient;
  readonly #controlPlane: ControlPlane;
  readonly #bootId = randomUUID();
  readonly #startedAt;
  readonly #gate: TokenGate;
  readonly #meter: DeliveryMeter;
  readonly #keeper: PlanKeeper;
  readonly #engine: FillEngine;
  readonly #link: ControlLink;
  readonly #inventory;
  readonly #ending = new AbortController();
  #isDrained: boolean;
  #delivery: HttpListener | undefined;
  #management: HttpListener | undefined;
  #loops: Promise<unknown> = Promise.resolve();

  constructor(options: AgentOptions, { state, store, identity, controlClient }: AgentParts) {
    const { config, platform, log } = options;
    const { clock, random, httpClient } = platform;
    const { ocaId, controlUrl } = config;
    this.#options = options;
    this.#state = state;
    this.#store = store;
    this.#identity = identity;
    this.#controlClient = controlClient;
    this.#startedAt = clock.now();
    this.#isDrained = state.isDrained.read() ?? false;
    this.#gate = new TokenGate(clock);
    this.#meter = new DeliveryMeter(clock, random);
    this.#inventory = inventoryOf(store, ocaId);
    this.#keeper = new PlanKeeper({ ...config, state, store, clock, log });
    const controlPlane = connectControlPlane({ controlUrl, ocaId, httpClient: controlClient });
    this.#controlPlane = controlPlane;
    this.#engine = new FillEngine({
      store,
      keeper: this.#keeper,
      controlPlane,
      httpClient,
      clock,
      random,
      log,
      pacer: new Pacer(clock, config.fillBitsPerSecond),
      transfersMax: config.fillTransfersMax,
    });
    this.#link = new ControlLink({
      controlPlane,
      state,
      keeper: this.#keeper,
      clock,
      random,
      log,
      registration: this.#registration(),
      describe: () => this.#report(),
      inventory: this.#inventory,
      onKeys: (keys, tokenIssuer) => this.#trust(keys, tokenIssuer),
      onPlan: () => this.#engine.wake(),
      onSampleTaken: () => this.#meter.clearFirstBytes(),
    });
    store.onDiskFailure = () => {
      this.#engine.wake();
      this.#link.reportNow();
    };
  }

  async start(): Promise<RunningAgent> {
    const { config, platform, log } = this.#options;
    await this.#trust(this.#state.keys.read() ?? [], this.#link.receipt?.tokenIssuer ?? '');
    await this.#keeper.restore();
    const management = await platform.listen(
      { ...config.management, silenceMax: MANAGEMENT_SILENCE_MAX },
      manage(this.#operations(), log),
    );
    this.#management = management;
    const content = this.#contentDelivery();
    const delivery = await platform
      .listen(
        { ...config.delivery, silenceMax: CLIENT_SILENCE_MAX, refusalHeaders: OPEN_HEADERS },
        (request, reply) => content.serve(request, reply),
      )
      .catch(async (error) => {
        await management.stop();
        throw error;
      });
    this.#delivery = delivery;
    log('oca.ready', { url: delivery.url, managementUrl: management.url });
    const { signal } = this.#ending;
    this.#loops = Promise.all([
      this.#link.run(signal),
      this.#engine.run(signal),
      this.#identity.run((csr) => this.#controlPlane.renewCertificate(csr), signal),
    ]);
    return {
      deliveryUrl: delivery.url,
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
    await Promise.race([this.#loops, platform.clock.sleep(GOODBYE_MAX)]);
    platform.httpClient.close();
    this.#controlClient.close();
    await this.#store.close();
    this.#state.close();
    log('oca.stopped');
  }

  #contentDelivery(): ContentDelivery {
    const { config, platform, log } = this.#options;
    return new ContentDelivery({
      ocaId: config.ocaId,
      isTokenRequired: config.tokens === 'required',
      store: this.#store,
      httpClient: platform.httpClient,
      clock: platform.clock,
      log,
      gate: this.#gate,
      sessions: new SessionAdmission(platform.clock),
      meter: this.#meter,
      condition: () => this.#condition(),
      upstreamUrl: () => this.#link.receipt?.cloudFrontUrl.replace(/\/+$/, ''),
    });
  }

  #condition(): Condition {
    const { config } = this.#options;
    const { connectionsMax, egressBitsPerSecondMax = Number.POSITIVE_INFINITY } = config.delivery;
    return judgeCondition({
      isStopping: this.#ending.signal.aborted,
      isDrainedHere: this.#isDrained,
      isDrainDesired: this.#link.receipt?.desiredState === 'draining',
      certificateExpiredAt: this.#identity.isExpired ? this.#identity.current.notAfter : undefined,
      isTokenRequired: config.tokens === 'required',
      hasTokenKeys: this.#gate.hasKeys,
      hasUpstream: this.#link.receipt !== undefined,
      disks: [...this.#store.volumes].map(({ disk, failure }) => ({
        diskId: disk.diskId,
        failure,
      })),
      connections: this.#delivery?.connections() ?? 0,
      connectionsMax,
      egressBitsPerSecond: this.#meter.egress(),
      egressBitsPerSecondMax,
    });
  }

  #report() {
    const { state, reasons } = this.#condition();
    const { egressBitsPerSecondMax } = this.#options.config.delivery;
    return {
      state,
      reasons,
      load: {
        egressBitsPerSecond: this.#meter.egress(),
        connections: this.#delivery?.connections() ?? 0,
        ...(egressBitsPerSecondMax === undefined
          ? {}
          : { egressCapacityBitsPerSecond: egressBitsPerSecondMax }),
      },
      tiers: tierReports(this.#store),
      disks: diskReports(this.#store),
      delivery: this.#meter.counters(),
      fill: this.#engine.report(),
      inventoryDigest: this.#inventory().digest,
      certificateExpiresAt: this.#identity.current.notAfter,
      originFirstByteMs: this.#meter.originFirstByteMs,
    };
  }

  #registration(): OcaRegistration {
    const { config, softwareVersion } = this.#options;
    const { ocaId, siteId, deliveryUrl, publicAddresses } = config;
    const disks = config.disks.map(({ diskId, tier, capacityBytes }) => ({
      diskId,
      tier,
      capacityBytes,
    }));
    return {
      version: 1,
      ocaId,
      siteId,
      bootId: this.#bootId,
      softwareVersion,
      deliveryUrl,
      ...(publicAddresses && { addresses: publicAddresses }),
      disks,
    };
  }

  async #trust(keys: readonly VerificationKey[], tokenIssuer: string): Promise<void> {
    this.#gate.trust(await importKeys(keys, 'session-token'), tokenIssuer);
  }

  #operations() {
    const store = this.#store;
    const { log } = this.#options;
    return {
      status: () => this.#status(),
      inventory: this.#inventory,
      setDrained: (isDrained: boolean) => {
        this.#isDrained = isDrained;
        this.#state.isDrained.write(isDrained);
        this.#link.reportNow();
        return this.#status();
      },
      fill: () => {
        this.#link.pollPlanNow();
        this.#engine.wake();
        return this.#engine.report();
      },
      evict: (selection: Parameters<typeof selectAssets>[1]) =>
        evictAssets(store, selectAssets(store, selection)),
      verify: async (selection: Parameters<typeof selectAssets>[1]) => {
        const result = await verifyAssets(store, selectAssets(store, selection), log);
        if (result.removed.length > 0) this.#engine.wake();
        return result;
      },
    };
  }

  #status(): AgentStatus {
    const { config, platform, softwareVersion } = this.#options;
    const { receipt } = this.#link;
    return {
      ocaId: config.ocaId,
      siteId: config.siteId,
      bootId: this.#bootId,
      softwareVersion,
      startedAt: this.#startedAt,
      asOf: platform.clock.now(),
      deliveryUrl: config.deliveryUrl,
      controlUrl: config.controlUrl,
      isRegistered: this.#link.isRegistered,
      ...(receipt ? { cloudFrontUrl: receipt.cloudFrontUrl } : {}),
      ...this.#report(),
    };
  }
}
