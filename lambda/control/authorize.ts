import { CdnError, errorCodeOf } from '#domain/errors.ts';
import { isOcaId, type OcaId } from '#domain/ids.ts';
import type { Site } from '#protocol/site.ts';
import { requireOcaOrOperator, requireOperator } from '../shared/credentials.ts';
import type { FleetDirectory } from '../shared/fleet-directory.ts';
import type { HttpRequest } from '../shared/http.ts';
import type { ControlContext } from './context.ts';

/** A declared OCA, and the site that declares it. */
export interface DeclaredOca {
  readonly ocaId: OcaId;
  readonly site: Site;
}

/** @throws CdnError `credential-…`. */
export async function authorizeOperator(
  context: ControlContext,
  request: HttpRequest,
): Promise<void> {
  requireOperator(request, await context.operators());
}

/**
 * The OCA of the path, for itself or for an operator. @throws CdnError `credential-…`, `forbidden` for another OCA's
 * credential, `oca-not-found` (told to operators alone) for one that no site declares.
 */
export async function authorizeOca(
  context: ControlContext,
  request: HttpRequest,
): Promise<DeclaredOca> {
  const operators = await context.operators();
  const { ocaId = '' } = request.parameters;
  const admit = (directory: FleetDirectory): DeclaredOca => {
    requireOcaOrOperator(request, ocaId, { operators, digestByOca: directory.digestByOca });
    const site = isOcaId(ocaId) ? directory.siteOfOca.get(ocaId) : undefined;
    if (!site) throw new CdnError('oca-not-found', `no site declares the OCA ${ocaId}`);
    return { ocaId: ocaId as OcaId, site };
  };
  try {
    return admit(await context.directory.current());
  } catch (refusal) {
    if (!MAY_BE_NEW.has(errorCodeOf(refusal))) throw refusal;
    return admit(await context.directory.latest());
  }
}

/** Refusals that an OCA declared a moment ago would get from a directory that is a second old. */
const MAY_BE_NEW = new Set<string>(['credential-invalid', 'oca-not-found']);
