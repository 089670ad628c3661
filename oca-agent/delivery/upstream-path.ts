import { parseDeliveryPath } from '#domain/delivery/path-grammar.ts';
import type { TokenGate } from './token-gate.ts';

/**
 * What to ask the upstream for: the viewer's own path, with our own token in it where the viewer's is for his network
 * alone, which we are not of.
 */
export function upstreamPath(
  path: string,
  gate: Pick<TokenGate, 'isBound'>,
  ownToken: string | undefined,
): string {
  const asked = parseDeliveryPath(path);
  if (ownToken === undefined || asked?.kind !== 'content' || !gate.isBound(asked.token))
    return path;
  return `/~${ownToken}${asked.path}`;
}
