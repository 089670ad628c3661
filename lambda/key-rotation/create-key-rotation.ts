import {
  DescribeSecretCommand,
  GetSecretValueCommand,
  type GetSecretValueCommandInput,
  PutSecretValueCommand,
  type SecretsManagerClient,
  UpdateSecretVersionStageCommand,
} from '@aws-sdk/client-secrets-manager';
import { CdnError } from '#domain/errors.ts';
import { seconds } from '#domain/units.ts';
import { decodeJson } from '#protocol/decode.ts';
import { type KeyDocument, keyDocument } from '#protocol/key-document.ts';
import { positiveInteger } from '../shared/environment-reader.ts';
import type { Log } from '../shared/log.ts';
import type { Now } from '../shared/wall-clock.ts';
import type { Environment } from './environment.ts';
import { rotatedDocument } from './rotated-document.ts';
import { testDocument } from './test-document.ts';

/** What Secrets Manager sends, once a step. Source: AWS Secrets Manager User Guide, "Lambda rotation functions". */
export interface RotationEvent {
  readonly Step: 'createSecret' | 'setSecret' | 'testSecret' | 'finishSecret';
  /** ARN or name of the secret. */
  readonly SecretId: string;
  /** Names the new version: the same in every step, and in every repetition of one. */
  readonly ClientRequestToken: string;
}

export interface KeyRotationDependencies {
  readonly client: SecretsManagerClient;
  readonly environment: Environment;
  readonly clock: Now;
  readonly log: Log;
}

/** A plan made for a window lives until the window ends, which is less than two days away. */
const PLAN_LIFETIME_MIN_HOURS = 48;

/** Rotates the keys of fill plans. Every step may be repeated. */
export function createKeyRotation(
  dependencies: KeyRotationDependencies,
): (event: RotationEvent) => Promise<void> {
  const { client, environment, clock, log } = dependencies;
  const hours = positiveInteger('PLAN_LIFETIME_HOURS', environment.PLAN_LIFETIME_HOURS);
  const lifetime = seconds(Math.max(hours, PLAN_LIFETIME_MIN_HOURS) * 3600);
  const steps: Record<RotationEvent['Step'], (event: RotationEvent) => Promise<void>> = {
    async createSecret(event) {
      if (await pendingDocument(client, event)) return;
      const current = await currentDocument(client, event);
      const rotated = await rotatedDocument(current, { now: clock.now(), lifetime });
      if (rotated === current)
        log('warn', 'keys.rotated-too-soon', { rotatedAt: current.rotatedAt });
      await client.send(
        new PutSecretValueCommand({
          SecretId: event.SecretId,
          ClientRequestToken: event.ClientRequestToken,
          SecretString: JSON.stringify(rotated),
          VersionStages: ['AWSPENDING'],
        }),
      );
    },
    // Signers and verifiers read the secret itself: there is no other place to set it.
    async setSecret() {},
    async testSecret(event) {
      const pending = await pendingDocument(client, event);
      if (!pending) throw new CdnError('config-invalid', 'there is no pending version to test');
      await testDocument(pending, await currentDocument(client, event));
    },
    async finishSecret(event) {
      const currentId = await currentVersionId(client, event);
      if (currentId === event.ClientRequestToken) return;
      await client.send(
        new UpdateSecretVersionStageCommand({
          SecretId: event.SecretId,
          VersionStage: 'AWSCURRENT',
          MoveToVersionId: event.ClientRequestToken,
          RemoveFromVersionId: currentId,
        }),
      );
      const { keys } = await currentDocument(client, event);
      log('info', 'keys.rotated', { kids: keys.map(({ kid }) => kid) });
    },
  };
  return async (event) => {
    const step = steps[event.Step];
    if (!step) throw new CdnError('message-invalid', `there is no rotation step "${event.Step}"`);
    await step(event);
  };
}

/** The version that this rotation makes; undefined while it has no value. */
const pendingDocument = (
  client: SecretsManagerClient,
  { SecretId, ClientRequestToken }: RotationEvent,
): Promise<KeyDocument | undefined> =>
  readVersion(client, { SecretId, VersionId: ClientRequestToken });

async function currentDocument(
  client: SecretsManagerClient,
  { SecretId }: RotationEvent,
): Promise<KeyDocument> {
  const current = await readVersion(client, { SecretId, VersionStage: 'AWSCURRENT' });
  if (current) return current;
  throw new CdnError('config-invalid', 'the secret has no current version');
}

async function readVersion(
  client: SecretsManagerClient,
  version: GetSecretValueCommandInput,
): Promise<KeyDocument | undefined> {
  try {
    const { SecretString = '' } = await client.send(new GetSecretValueCommand(version));
    const decoded = decodeJson(keyDocument, SecretString);
    if (decoded.ok) return decoded.value;
  } catch (failure) {
    if ((failure as Error).name === 'ResourceNotFoundException') return undefined;
    throw failure;
  }
  // Faults are not told: they would quote the secret.
  throw new CdnError('config-invalid', 'the secret holds no document of keys');
}

async function currentVersionId(
  client: SecretsManagerClient,
  { SecretId, ClientRequestToken }: RotationEvent,
): Promise<string | undefined> {
  const { VersionIdsToStages = {} } = await client.send(new DescribeSecretCommand({ SecretId }));
  if (VersionIdsToStages[ClientRequestToken] === undefined)
    throw new CdnError('config-invalid', 'the secret has no version of this rotation');
  return Object.entries(VersionIdsToStages).find(([, stages]) =>
    stages.includes('AWSCURRENT'),
  )?.[0];
}
