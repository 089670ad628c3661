import type { Server } from 'node:http';
import { AwsFault, awsJsonServer } from '../http/aws-json-server.ts';

/** Secrets Manager's GetSecretValue for the secrets given, by their names. */
export function secretsServer(secretByName: ReadonlyMap<string, string>): Server {
  return awsJsonServer({
    'secretsmanager.GetSecretValue': ({ SecretId }) => {
      const name = String(SecretId);
      const value = secretByName.get(name);
      if (value === undefined)
        throw new AwsFault('ResourceNotFoundException', `there is no secret ${name}`);
      return { Name: name, SecretString: value, VersionStages: ['AWSCURRENT'] };
    },
  });
}
