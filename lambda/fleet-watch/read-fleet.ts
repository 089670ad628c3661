import type { OcaFacts, OcaReportFacts } from '#domain/health/watch-fleet.ts';
import { type EpochMs, epochMs, type Milliseconds } from '#domain/units.ts';
import type { OcaDeclaration, Site } from '#protocol/site.ts';
import type { CertificateStore, IssuedCertificate } from '../shared/stores/certificate-store.ts';
import type { FleetStore, OcaRecord } from '../shared/stores/fleet-store.ts';
import type { HealthStore, OcaVitals } from '../shared/stores/health-store.ts';

export interface FleetStores {
  readonly fleet: FleetStore;
  readonly health: HealthStore;
  readonly certificates: CertificateStore;
}

/** One site and all that is known of its OCAs. */
export interface SiteFacts {
  readonly site: Site;
  readonly ocas: readonly OcaFacts[];
}

/** Every declared OCA, in three batches of reads. */
export async function readFleet(
  { fleet, health, certificates }: FleetStores,
  certificateLife: Milliseconds,
): Promise<SiteFacts[]> {
  const sites = await fleet.sites();
  const ocaIds = sites.flatMap((site) => site.ocas.map((oca) => oca.ocaId));
  const [recordById, vitalsById, issuedById] = await Promise.all([
    fleet.ocas(ocaIds),
    health.vitals(ocaIds),
    certificates.issued(ocaIds),
  ]);
  return sites.map((site) => ({
    site,
    ocas: site.ocas.map((declared) =>
      ocaFacts(site, declared, {
        record: recordById.get(declared.ocaId),
        vitals: vitalsById.get(declared.ocaId),
        issued: issuedById.get(declared.ocaId),
        certificateLife,
      }),
    ),
  }));
}

interface Known {
  readonly record: OcaRecord | undefined;
  readonly vitals: OcaVitals | undefined;
  readonly issued: IssuedCertificate | undefined;
  readonly certificateLife: Milliseconds;
}

/** The certificate that the OCA shows counts before the one that it was given. */
function ocaFacts(site: Site, { ocaId, enrolledFrom }: OcaDeclaration, known: Known): OcaFacts {
  const { record, vitals, issued, certificateLife } = known;
  const certificateExpiresAt = vitals?.report.certificateExpiresAt ?? issued?.expiresAt;
  const serverCertificateExpiresAt = vitals?.report.serverCertificateExpiresAt;
  return {
    ocaId,
    siteId: site.siteId,
    isFromEc2: enrolledFrom === 'ec2',
    isRegistered: record?.registration !== undefined,
    desiredState: record?.desiredState ?? 'in-service',
    ...(vitals ? { report: reportFacts(vitals) } : {}),
    ...(certificateExpiresAt === undefined ? {} : { certificateExpiresAt }),
    ...(serverCertificateExpiresAt === undefined ? {} : { serverCertificateExpiresAt }),
    ...(issued ? { enrolledAt: epochMs(issued.expiresAt - certificateLife) } : {}),
  };
}

/** A plan's version is the instant at which it was made, or a little more. */
function reportFacts({ receivedAt, report, lastTraffic }: OcaVitals): OcaReportFacts {
  const { state, disks, load, fill } = report;
  const { egressCapacityBitsPerSecond: egressCapacity } = load;
  const bytesLeft = Math.max(0, fill.bytesTotal - fill.bytesDone) as typeof fill.bytesTotal;
  return {
    receivedAt,
    state,
    disksFailed: disks.filter(({ state }) => state === 'failed' || state === 'read-only').length,
    fill: { bytesLeft, ...(fill.planVersion ? { plannedAt: fill.planVersion as EpochMs } : {}) },
    ...(egressCapacity === undefined ? {} : { egressCapacity }),
    ...(lastTraffic ? { lastTraffic } : {}),
  };
}
