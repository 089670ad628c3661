import { dynamoDb, s3 } from '../shared/clients.ts';
import { readEnvironment } from '../shared/environment-reader.ts';
import { jsonLog } from '../shared/log.ts';
import { createPlanningScope } from './create-planning-scope.ts';
import { environment } from './environment.ts';

export const handler = createPlanningScope({
  dynamoDb: dynamoDb(),
  s3: s3(process.env.AWS_ENDPOINT_URL_S3 !== undefined),
  environment: readEnvironment(environment, process.env),
  log: jsonLog('planning-scope'),
});
