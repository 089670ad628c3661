import type { Config } from '../../../lib/config/schema.ts';

/** OCAs of a site that report: those that are declared, and as many instances as its group keeps when nobody watches. */
export const ocaCount = ({ ocas, ec2 }: Config['sites'][number]): number =>
  ocas.length + (ec2?.instancesMin ?? 0);
