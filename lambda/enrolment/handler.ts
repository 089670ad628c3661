import { dynamoDb, secretsManager } from '../shared/clients.ts';
import { readEnvironment } from '../shared/environment-reader.ts';
import { jsonLog } from '../shared/log.ts';
import { secretReader } from '../shared/secrets.ts';
import { wallClock } from '../shared/wall-clock.ts';
import { createEnrolment } from './create-enrolment.ts';
import { environment } from './environment.ts';

export const handler = createEnrolment({
  dynamoDb: dynamoDb(),
  readSecret: secretReader(secretsManager()),
  environment: readEnvironment(environment, process.env),
  clock: wallClock,
  log: jsonLog('enrolment'),
});
