import { CdnError } from '#domain/errors.ts';
import type { OcaId, SiteId } from '#domain/ids.ts';
import type { Site } from '#protocol/site.ts';
import type { FleetStore } from './stores/fleet-store.ts';

/** Declares an OCA that came by itself, beside those of its site; one that is declared already stays as it is. */
export async function declareEnrolled(
  fleet: Pick<FleetStore, 'changeSite'>,
  siteId: SiteId,
  ocaId: OcaId,
): Promise<void> {
  await fleet.changeSite(siteId, (stored): Site => {
    if (!stored) throw new CdnError('site-not-found', `no site ${siteId} is declared`);
    if (stored.ocas.some((oca) => oca.ocaId === ocaId)) return stored;
    return { ...stored, ocas: [...stored.ocas, { ocaId, enrolledFrom: 'ec2' }] };
  });
}

/** Takes OCAs that came by themselves out of their site again; what an operator declared stays. */
export async function retireEnrolled(
  fleet: Pick<FleetStore, 'changeSite'>,
  siteId: SiteId,
  ocaIds: ReadonlySet<OcaId>,
): Promise<void> {
  await fleet.changeSite(siteId, (stored) => {
    if (!stored) return stored;
    const isKept = ({ ocaId, enrolledFrom }: Site['ocas'][number]) =>
      enrolledFrom === undefined || !ocaIds.has(ocaId);
    return { ...stored, ocas: stored.ocas.filter(isKept) };
  });
}
