import type { EpochMs } from '#domain/units.ts';
import type { OcaRegistration, ParityDeclaration } from '#protocol/oca-registration.ts';
import type { OcaReport } from '#protocol/oca-report.ts';
import { type Condition, judgeCondition } from './condition.ts';
import type { AgentConfig } from './config/agent-config.ts';
import { parityInForce } from './config/parity-in-force.ts';
import type { ControlLink } from './control/control-link.ts';
import type { IdentityKeeper } from './control/identity.ts';
import type { Purges } from './control/purges.ts';
import type { DeliveryMeter } from './delivery/delivery-meter.ts';
import type { DeliveryLog } from './delivery/log/delivery-log.ts';
import type { TokenGate } from './delivery/token-gate.ts';
import type { DiskWatch } from './disks/disk-watch.ts';
import type { FillEngine } from './fill/fill-engine.ts';
import type { AgentStatus } from './management/agent-status.ts';
import type { ParityKeeper } from './parity/parity-keeper.ts';
import type { CertificateKeeper } from './platform/tls-keeper.ts';
import type { AssetStore } from './store/asset-store.ts';
import { diskDetails, diskReports, tierReports } from './store/store-reports.ts';
import type { StoreUpkeep } from './upkeep/store-upkeep.ts';

/** As many reasons as a report may have. Source: protocol/oca-report.ts. */
const REASONS_MAX = 100;

export interface ReportSources {
  readonly config: AgentConfig;
  readonly bootId: string;
  readonly softwareVersion: string;
  readonly startedAt: EpochMs;
  readonly now: () => EpochMs;
  readonly store: AssetStore;
  readonly keeper: ParityKeeper | undefined;
  readonly upkeep: StoreUpkeep;
  readonly identity: IdentityKeeper;
  /** What clients are shown, where TLS is spoken. */
  readonly certificate: CertificateKeeper | undefined;
  readonly gate: TokenGate;
  readonly meter: DeliveryMeter;
  readonly deliveryLog: Pick<DeliveryLog, 'droppedLines'>;
  readonly engine: FillEngine;
  readonly watch: Pick<DiskWatch, 'healthTrouble'>;
  readonly link: () => ControlLink;
  readonly purges: Pick<Purges, 'through'>;
  readonly inventoryDigest: () => string;
  readonly connections: () => number;
  readonly isDrainedHere: () => boolean;
  readonly isStopping: () => boolean;
}

/** What the agent says of itself: to the control plane, to clients, and to the operator. */
export class AgentReport {
  readonly #sources: ReportSources;

  constructor(sources: ReportSources) {
    this.#sources = sources;
  }

  condition(): Condition {
    const { config, identity, certificate, gate, meter, store } = this.#sources;
    const { connectionsMax, egressBitsPerSecondMax = Number.POSITIVE_INFINITY } = config.delivery;
    const { receipt } = this.#sources.link();
    return judgeCondition({
      isStopping: this.#sources.isStopping(),
      isDrainedHere: this.#sources.isDrainedHere(),
      isDrainDesired: receipt?.desiredState === 'draining',
      certificateExpiredAt: identity.isExpired ? identity.current.notAfter : undefined,
      serverCertificateExpiredAt: certificate?.isExpired ? certificate.current.notAfter : undefined,
      isTokenRequired: config.tokens === 'required',
      hasTokenKeys: gate.hasKeys,
      hasUpstream: receipt !== undefined,
      disks: diskReports(store),
      diskHealthTrouble: this.#sources.watch.healthTrouble,
      connections: this.#sources.connections(),
      connectionsMax,
      egressBitsPerSecond: meter.egress(),
      egressBitsPerSecondMax,
    });
  }

  report(): Omit<OcaReport, 'version' | 'ocaId' | 'bootId' | 'sequence' | 'sentAt'> {
    const { config, store, keeper, upkeep, meter, engine, identity } = this.#sources;
    const { certificate } = this.#sources;
    const { state, reasons } = this.condition();
    const { egressBitsPerSecondMax: egressCapacityBitsPerSecond } = config.delivery;
    return {
      state,
      reasons: reasons.slice(0, REASONS_MAX),
      load: {
        egressBitsPerSecond: meter.egress(),
        connections: this.#sources.connections(),
        ...(egressCapacityBitsPerSecond === undefined ? {} : { egressCapacityBitsPerSecond }),
      },
      tiers: tierReports(store),
      disks: diskReports(store),
      ...(keeper ? { parity: keeper.report() } : {}),
      scrub: upkeep.scrub.report(),
      delivery: meter.counters(),
      fill: engine.report(),
      inventoryDigest: this.#sources.inventoryDigest(),
      certificateExpiresAt: identity.current.notAfter,
      ...(certificate && { serverCertificateExpiresAt: certificate.current.notAfter }),
      originFirstByteMs: meter.originFirstByteMs,
      purgedThrough: this.#sources.purges.through,
    };
  }

  status(): AgentStatus {
    const { config, bootId, softwareVersion, startedAt, now, store, upkeep } = this.#sources;
    const { receipt, isRegistered } = this.#sources.link();
    const { scrub, moves } = upkeep;
    return {
      ocaId: config.ocaId,
      siteId: config.siteId,
      bootId,
      softwareVersion,
      startedAt,
      asOf: now(),
      deliveryUrl: config.deliveryUrl,
      controlUrl: config.controlUrl,
      isRegistered,
      ...(receipt ? { cloudFrontUrl: receipt.cloudFrontUrl } : {}),
      ...this.report(),
      disks: diskDetails(store),
      scrub: { ...scrub.report(), isUrgent: scrub.isUrgent },
      reconciliation: store.reconciliation,
      upkeep: upkeep.status(),
      moved: { toFlash: moves.promotedAssets, toHdd: moves.demotedAssets },
      removed: store.removedAssets,
      deliveryLog: { droppedLines: this.#sources.deliveryLog.droppedLines },
    };
  }
}

/** Who the agent is and what it has. */
export function registrationOf(
  config: AgentConfig,
  { bootId, softwareVersion }: { readonly bootId: string; readonly softwareVersion: string },
): OcaRegistration {
  const { ocaId, siteId, deliveryUrl, publicAddresses } = config;
  const parity: ParityDeclaration | undefined = parityInForce(config);
  const disks = config.disks.map(({ diskId, tier, capacityBytes }) => ({
    diskId,
    tier,
    capacityBytes,
  }));
  return {
    version: 1,
    ocaId,
    siteId,
    bootId,
    softwareVersion,
    deliveryUrl,
    ...(publicAddresses && { addresses: publicAddresses }),
    disks,
    ...(parity && { parity }),
  };
}
