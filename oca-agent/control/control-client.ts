import { CdnError } from '#domain/errors.ts';
import type { AgentConfig } from '../config/agent-config.ts';
import type { HttpClient } from '../platform/http-client.ts';
import type { Platform } from '../platform/platform.ts';
import type { Identity } from './identity-document.ts';

/** A client of the control plane alone, that shows it our certificate. @throws CdnError `config-invalid` */
export async function controlClientFor(
  { controlUrl, controlCaFile }: Pick<AgentConfig, 'controlUrl' | 'controlCaFile'>,
  { fileSystem, identifiedClient }: Pick<Platform, 'fileSystem' | 'identifiedClient'>,
  identity: () => Identity,
): Promise<HttpClient> {
  const authorities =
    controlCaFile === undefined ? undefined : await fileSystem.readText(controlCaFile);
  if (controlCaFile !== undefined && !authorities?.includes('-----BEGIN CERTIFICATE-----'))
    throw new CdnError('config-invalid', 'controlCaFile: expected certificates, PEM, found none');
  return identifiedClient({ origin: new URL(controlUrl).origin, identity, authorities });
}
