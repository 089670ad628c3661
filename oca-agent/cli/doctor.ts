import { join } from 'node:path';
import { seconds } from '#domain/units.ts';
import type { AgentConfig } from '../config/agent-config.ts';
import { failureFacts } from '../log.ts';
import type { Platform } from '../platform/platform.ts';
import type { DiskSettings } from '../store/volume.ts';

export interface Finding {
  readonly check: string;
  readonly verdict: 'ok' | 'warning' | 'fault';
  readonly detail: string;
}

const SILENCE_MAX = seconds(5);
/** Nobody but the owner may write, and nobody but owner and group may read. */
const CREDENTIAL_MODE_FORBIDDEN = 0o027;

/** Looks at everything that the agent needs to start and to serve, changing nothing. */
export async function examine(
  config: AgentConfig,
  platform: Pick<Platform, 'fileSystem' | 'httpClient'>,
): Promise<Finding[]> {
  return [
    await examineCredential(config, platform),
    await examineState(config, platform),
    ...(await Promise.all(config.disks.map((disk) => examineDisk(disk, platform)))),
    await examineUrl('control plane', `${config.controlUrl}/v1/keys`, platform),
    await examineUrl('delivery', `${config.deliveryUrl}/health`, platform),
  ];
}

type Reach = Pick<Platform, 'fileSystem' | 'httpClient'>;

async function examineCredential(config: AgentConfig, { fileSystem }: Reach): Promise<Finding> {
  const check = 'credential';
  const status = await fileSystem.stat(config.credentialFile);
  const secret = await fileSystem.readText(config.credentialFile).catch(() => undefined);
  if (status?.kind !== 'file' || !secret?.trim())
    return { check, verdict: 'fault', detail: `${config.credentialFile}: no secret can be read` };
  const isOpen = (status.mode & CREDENTIAL_MODE_FORBIDDEN) !== 0;
  const mode = status.mode.toString(8);
  return isOpen
    ? {
        check,
        verdict: 'warning',
        detail: `${config.credentialFile}: mode ${mode}, use 640 or 600`,
      }
    : { check, verdict: 'ok', detail: config.credentialFile };
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

async function examineDisk(disk: DiskSettings, { fileSystem }: Reach): Promise<Finding> {
  const check = `disk ${disk.diskId}`;
  const fault = (detail: string): Finding => ({ check, verdict: 'fault', detail });
  if ((await fileSystem.stat(disk.path))?.kind !== 'folder')
    return fault(`${disk.path}: no such folder`);
  if (!(await fileSystem.isWritable(disk.path))) return fault(`${disk.path}: not writable`);
  const marker = await fileSystem.readText(join(disk.path, '.oca-disk'));
  if (marker !== undefined && !marker.includes(JSON.stringify(disk.diskId)))
    return fault(`${disk.path}: its marker names another disk`);
  const freeBytes = await fileSystem.freeBytes(disk.path);
  if (marker === undefined && freeBytes < disk.capacityBytes) {
    const detail = `${disk.path}: ${freeBytes} of ${disk.capacityBytes} declared bytes are free`;
    return { check, verdict: 'warning', detail };
  }
  const detail = `${disk.path}: ${marker === undefined ? 'new' : 'in use'}, ${freeBytes} bytes free`;
  return { check, verdict: 'ok', detail };
}

async function examineUrl(check: string, url: string, { httpClient }: Reach): Promise<Finding> {
  try {
    const response = await httpClient.send({ method: 'GET', url, silenceMax: SILENCE_MAX });
    response.discard();
    const verdict = response.status === 200 ? 'ok' : 'warning';
    return { check, verdict, detail: `${url} answered ${response.status}` };
  } catch (error) {
    return { check, verdict: 'warning', detail: `${url}: ${failureFacts(error).message}` };
  }
}
