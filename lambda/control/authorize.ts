import { requireOcaOrOperator } from '../shared/caller.ts';
import { type DeclaredOca, declaredOca } from '../shared/fleet-directory.ts';
import type { HttpRequest } from '../shared/http.ts';
import type { ControlContext } from './context.ts';

/**
 * The OCA of the path, for itself or for an operator. @throws CdnError `credential-missing`, `forbidden` for another
 * OCA's certificate, `oca-not-found` for one that no site declares.
 */
export async function authorizeOca(
  context: ControlContext,
  request: HttpRequest,
): Promise<DeclaredOca> {
  const { ocaId = '' } = request.parameters;
  requireOcaOrOperator(request, ocaId);
  return declaredOca(context.directory, ocaId);
}
