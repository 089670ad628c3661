import { dynamoDb, s3, secretsManager } from '../shared/clients.ts';
import { readEnvironment } from '../shared/environment-reader.ts';
import { jsonLog } from '../shared/log.ts';
import { secretReader } from '../shared/secrets.ts';
import { wallClock } from '../shared/wall-clock.ts';
import { createFillPlanner } from './create-fill-planner.ts';
import { environment } from './environment.ts';

export const handler = createFillPlanner({
  dynamoDb: dynamoDb(),
  s3: s3(process.env.AWS_ENDPOINT_URL_S3 !== undefined),
  readSecret: secretReader(secretsManager()),
  environment: readEnvironment(environment, process.env),
  clock: wallClock,
  log: jsonLog('fill-planner'),
});
