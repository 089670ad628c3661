import { dynamoDb, secretsManager } from '../shared/clients.ts';
import { readEnvironment } from '../shared/environment-reader.ts';
import { jsonLog } from '../shared/log.ts';
import { secretReader } from '../shared/secrets.ts';
import { wallClock } from '../shared/wall-clock.ts';
import { createCertificates } from './create-certificates.ts';
import { environment } from './environment.ts';

export const handler = createCertificates({
  dynamoDb: dynamoDb(),
  readSecret: secretReader(secretsManager()),
  environment: readEnvironment(environment, process.env),
  clock: wallClock,
  log: jsonLog('certificates'),
});
