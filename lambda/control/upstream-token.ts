import type { OcaId } from '#domain/ids.ts';
import { signSessionToken } from '#domain/tokens/session-token.ts';
import type { ControlContext } from './context.ts';

/** It is renewed every minute, and bridges a control plane that is away. *Assumption.* */
const UPSTREAM_TOKEN_SECONDS = 6 * 3600;

/** A token with which an OCA fetches from CloudFront what a viewer asked it for, where the viewer's own is for his network. */
export async function upstreamToken(
  { sessionKeys, clock, settings }: ControlContext,
  ocaId: OcaId,
): Promise<string> {
  const { signingKey } = await sessionKeys();
  const iat = Math.floor(clock.now() / 1000);
  const claims = {
    iss: settings.tokenIssuer,
    sid: `oca:${ocaId}`,
    iat,
    exp: iat + UPSTREAM_TOKEN_SECONDS,
    p: ['/content/'],
  };
  return signSessionToken(claims, signingKey);
}
