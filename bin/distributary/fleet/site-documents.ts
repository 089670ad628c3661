import type { Site } from '#protocol/site.ts';
import type { Config } from '../../../lib/config/schema.ts';

/** The sites of a configuration as the control plane takes them. */
export const siteDocuments = ({ sites }: Config): Site[] =>
  sites.map(({ siteId, name, kind, location, timeZone, footprint, fill, ocas }) => ({
    siteId,
    name,
    kind,
    location,
    timeZone,
    footprint,
    fill,
    ocas: ocas.map(({ ocaId, address }) => ({
      ocaId,
      ...(address && {
        address: { ipv4: address.ipv4, ...(address.ipv6 && { ipv6: address.ipv6 }) },
      }),
    })),
  }));
