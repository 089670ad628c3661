import { Route53Client } from '@aws-sdk/client-route-53';
import { dynamoDb } from '../shared/clients.ts';
import { readEnvironment } from '../shared/environment-reader.ts';
import { jsonLog } from '../shared/log.ts';
import { createOcaRecords } from './create-oca-records.ts';
import { environment } from './environment.ts';

export const handler = createOcaRecords({
  dynamoDb: dynamoDb(),
  route53: new Route53Client({}),
  environment: readEnvironment(environment, process.env),
  log: jsonLog('oca-records'),
});
