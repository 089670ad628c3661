import { CdnError } from '#domain/errors.ts';
import { isOcaId, type OcaId, type SiteId } from '#domain/ids.ts';
import { type FootprintIndex, indexFootprints } from '#domain/steering/footprint.ts';
import { type Milliseconds, seconds } from '#domain/units.ts';
import type { Site } from '#protocol/site.ts';
import { refreshed } from './expiring-cache.ts';
import { type FleetStore, siteById, siteOfOca } from './stores/fleet-store.ts';
import type { Now } from './wall-clock.ts';

/** All declared sites, with what is looked up in them at every playback start built beforehand. */
export interface FleetDirectory {
  readonly siteById: ReadonlyMap<SiteId, Site>;
  readonly siteOfOca: ReadonlyMap<OcaId, Site>;
  readonly footprints: FootprintIndex;
}

/** How soon a change of a site is seen. */
const CHECK_AFTER: Milliseconds = seconds(1);
/** Sites are read again after this even if their revision stands still: replication may bring it before the change. */
const RELOAD_AFTER: Milliseconds = seconds(60);

export interface FleetDirectoryReader {
  /** As of a second ago: asks for the revision every second, for the sites only when it moved. */
  current(): Promise<FleetDirectory>;
  /** As of now: for a caller who is about to refuse somebody whom it does not know yet. */
  latest(): Promise<FleetDirectory>;
}

export function fleetDirectory(store: FleetStore, clock: Now): FleetDirectoryReader {
  let held: { directory: FleetDirectory; revision: number; loadedAt: number } | undefined;
  const latest = async () => {
    const revision = await store.sitesRevision();
    const now = clock.now();
    if (held?.revision === revision && now - held.loadedAt < RELOAD_AFTER) return held.directory;
    held = { directory: directoryOf(await store.sites()), revision, loadedAt: now };
    return held.directory;
  };
  return { latest, current: refreshed({ load: latest, lifetime: CHECK_AFTER, clock }) };
}

export const directoryOf = (sites: readonly Site[]): FleetDirectory => ({
  siteById: siteById(sites),
  siteOfOca: siteOfOca(sites),
  footprints: indexFootprints(sites),
});

/** A declared OCA, and the site that declares it. */
export interface DeclaredOca {
  readonly ocaId: OcaId;
  readonly site: Site;
}

/** @throws CdnError `oca-not-found` for one that no site declares, not even a moment ago. */
export async function declaredOca(
  directory: FleetDirectoryReader,
  ocaId: string,
): Promise<DeclaredOca> {
  const find = ({ siteOfOca }: FleetDirectory) =>
    isOcaId(ocaId) ? siteOfOca.get(ocaId) : undefined;
  const site = find(await directory.current()) ?? find(await directory.latest());
  if (!site) throw new CdnError('oca-not-found', `no site declares the OCA ${ocaId}`);
  return { ocaId: ocaId as OcaId, site };
}
