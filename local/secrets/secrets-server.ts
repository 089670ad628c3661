import { randomUUID } from 'node:crypto';
import type { Server } from 'node:http';
import { AwsFault, awsJsonServer, type Operation } from '../http/aws-json-server.ts';
import { SecretVersions } from './secret-versions.ts';

type Input = Parameters<Operation>[0];

/** Secrets Manager for the secrets given, by their names: what our functions and commands ask of it. */
export function secretsServer(valueByName: ReadonlyMap<string, string>): Server {
  const secrets = new Map(
    [...valueByName].map(([name, value]) => [name, new SecretVersions(value)] as const),
  );
  return secretVersionsServer(secrets);
}

/** What is put is kept in `secrets`, as long as this machine's CDN runs. */
export function secretVersionsServer(secrets: ReadonlyMap<string, SecretVersions>): Server {
  const on =
    (operate: (secret: SecretVersions, input: Input, name: string) => object): Operation =>
    (input) => {
      const Name = String(input.SecretId);
      const secret = secrets.get(Name);
      if (!secret) throw new AwsFault('ResourceNotFoundException', `there is no secret ${Name}`);
      return { Name, ...operate(secret, input, Name) };
    };
  return awsJsonServer({
    'secretsmanager.GetSecretValue': on(getSecretValue),
    'secretsmanager.DescribeSecret': on((secret) => ({ VersionIdsToStages: secret.stagesById() })),
    'secretsmanager.PutSecretValue': on(putSecretValue),
    'secretsmanager.UpdateSecretVersionStage': on(updateSecretVersionStage),
  });
}

function getSecretValue(secret: SecretVersions, { VersionId, VersionStage }: Input): object {
  const { versionId, value } = secret.read({
    ...(VersionId === undefined ? {} : { versionId: String(VersionId) }),
    ...(VersionStage === undefined ? {} : { stage: String(VersionStage) }),
  });
  return { VersionId: versionId, SecretString: value, VersionStages: secret.stagesOf(versionId) };
}

function putSecretValue(secret: SecretVersions, input: Input): object {
  const { ClientRequestToken, SecretString, VersionStages = ['AWSCURRENT'] } = input;
  if (typeof SecretString !== 'string')
    throw new AwsFault('InvalidParameterException', 'SecretString: expected text');
  const versionId = String(ClientRequestToken ?? randomUUID());
  secret.put({ versionId, value: SecretString, stages: (VersionStages as unknown[]).map(String) });
  return { VersionId: versionId, VersionStages: secret.stagesOf(versionId) };
}

function updateSecretVersionStage(secret: SecretVersions, input: Input): object {
  const { VersionStage, MoveToVersionId, RemoveFromVersionId } = input;
  const stage = String(VersionStage);
  if (RemoveFromVersionId !== secret.idAt(stage))
    throw new AwsFault('InvalidParameterException', 'the stage is at another version');
  secret.moveStage(stage, String(MoveToVersionId));
  return {};
}
