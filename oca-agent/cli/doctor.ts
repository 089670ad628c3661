import { seconds } from '#domain/units.ts';
import type { AgentConfig } from '../config/agent-config.ts';
import { controlClientFor } from '../control/control-client.ts';
import { loadIdentity } from '../control/identity.ts';
import { failureFacts } from '../log.ts';
import type { HttpClient } from '../platform/http-client.ts';
import type { Platform } from '../platform/platform.ts';
import { examineDiskHealth, examineDisks, examineThreads } from './examine-disks.ts';
import { examineTls } from './examine-tls.ts';
import type { Finding } from './finding.ts';

const SILENCE_MAX = seconds(5);
/** Nobody but the owner may write, and nobody but owner and group may read. */
const IDENTITY_MODE_FORBIDDEN = 0o027;

/** Looks at everything that the agent needs to start and to serve, changing nothing. */
export async function examine(config: AgentConfig, platform: Reach): Promise<Finding[]> {
  return [
    await examineIdentity(config, platform),
    ...(await examineTls(config, platform)),
    await examineState(config, platform),
    ...(await examineDisks(config, platform)),
    examineThreads(config, platform),
    ...(await examineDiskHealth(config, platform)),
    await examineControlPlane(config, platform),
    await examineUrl('delivery', `${config.deliveryUrl}/health`, platform.httpClient),
  ];
}

type Reach = Pick<
  Platform,
  'fileSystem' | 'fileThreads' | 'httpClient' | 'identifiedClient' | 'clock'
>;

async function examineIdentity(config: AgentConfig, platform: Reach): Promise<Finding> {
  const check = 'identity';
  const { fileSystem, clock } = platform;
  const { identityFile } = config;
  try {
    const { notAfter } = await loadIdentity(config, fileSystem, clock.now());
    const end = new Date(notAfter).toISOString();
    const status = await fileSystem.stat(identityFile);
    const mode = status?.mode ?? 0;
    if (notAfter < clock.now())
      return { check, verdict: 'fault', detail: `${identityFile}: ran out at ${end}` };
    if ((mode & IDENTITY_MODE_FORBIDDEN) !== 0) {
      const detail = `${identityFile}: mode ${mode.toString(8)}, use 640 or 600`;
      return { check, verdict: 'warning', detail };
    }
    return { check, verdict: 'ok', detail: `${identityFile}: until ${end}` };
  } catch (error) {
    return { check, verdict: 'fault', detail: failureFacts(error).message };
  }
}

async function examineState(
  { stateDirectory }: AgentConfig,
  { fileSystem }: Reach,
): Promise<Finding> {
  const isWritable = await fileSystem.isWritable(stateDirectory);
  return isWritable
    ? { check: 'state', verdict: 'ok', detail: stateDirectory }
    : { check: 'state', verdict: 'fault', detail: `${stateDirectory}: missing or not writable` };
}

/** With our certificate: without one the control plane's door stays shut. */
async function examineControlPlane(config: AgentConfig, platform: Reach): Promise<Finding> {
  const check = 'control plane';
  const url = `${config.controlUrl}/v1/keys`;
  try {
    const identity = await loadIdentity(config, platform.fileSystem, platform.clock.now());
    const client = await controlClientFor(config, platform, () => identity);
    return await examineUrl(check, url, client).finally(() => client.close());
  } catch (error) {
    return {
      check,
      verdict: 'warning',
      detail: `${url} not asked: ${failureFacts(error).message}`,
    };
  }
}

async function examineUrl(check: string, url: string, httpClient: HttpClient): Promise<Finding> {
  try {
    const response = await httpClient.send({ method: 'GET', url, silenceMax: SILENCE_MAX });
    response.discard();
    const verdict = response.status === 200 ? 'ok' : 'warning';
    return { check, verdict, detail: `${url} answered ${response.status}` };
  } catch (error) {
    return { check, verdict: 'warning', detail: `${url}: ${failureFacts(error).message}` };
  }
}
