import type { AgentConfig } from '../config/agent-config.ts';
import { failureFacts } from '../log.ts';
import type { Platform } from '../platform/platform.ts';
import { loadCertificate } from '../platform/tls-certificate.ts';
import type { Finding } from './finding.ts';

const MS_PER_DAY = 86_400_000;
/** ACME certificates of 90 days are renewed a month before their end: with less somebody should look. *Assumption.* */
const DAYS_MIN = 21;
/** Nobody but the owner may write, and nobody but owner and group may read. */
const KEY_MODE_FORBIDDEN = 0o027;

/** The certificate that clients are shown, where there is one. */
export async function examineTls(
  { delivery: { tls } }: AgentConfig,
  { fileSystem, clock }: Pick<Platform, 'fileSystem' | 'clock'>,
): Promise<Finding[]> {
  if (!tls) return [];
  const check = 'TLS';
  try {
    const { notAfter } = await loadCertificate(tls, fileSystem, clock.now());
    const days = Math.floor((notAfter - clock.now()) / MS_PER_DAY);
    const mode = (await fileSystem.stat(tls.keyFile))?.mode ?? 0;
    if ((mode & KEY_MODE_FORBIDDEN) !== 0) {
      const detail = `${tls.keyFile}: mode ${mode.toString(8)}, use 640 or 600`;
      return [{ check, verdict: 'warning', detail }];
    }
    const end = new Date(notAfter).toISOString();
    const detail = `${tls.certificateFile}: until ${end}, ${days} d more`;
    return [{ check, verdict: days < DAYS_MIN ? 'warning' : 'ok', detail }];
  } catch (error) {
    return [{ check, verdict: 'fault', detail: failureFacts(error).message }];
  }
}
