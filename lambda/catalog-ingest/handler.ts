import { dynamoDb, eventBridge, s3 } from '../shared/clients.ts';
import { readEnvironment } from '../shared/environment-reader.ts';
import { jsonLog } from '../shared/log.ts';
import { createCatalogIngest } from './create-catalog-ingest.ts';
import { environment } from './environment.ts';

export const handler = createCatalogIngest({
  dynamoDb: dynamoDb(),
  s3: s3(process.env.AWS_ENDPOINT_URL_S3 !== undefined),
  eventBridge: eventBridge(),
  environment: readEnvironment(environment, process.env),
  log: jsonLog('catalog-ingest'),
});
