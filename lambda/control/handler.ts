import { cloudFront, dynamoDb, eventBridge, s3, secretsManager } from '../shared/clients.ts';
import { readEnvironment } from '../shared/environment-reader.ts';
import { jsonLog } from '../shared/log.ts';
import { stdoutMetrics } from '../shared/metrics.ts';
import { secretReader } from '../shared/secrets.ts';
import { wallClock } from '../shared/wall-clock.ts';
import { createControl } from './create-control.ts';
import { environment } from './environment.ts';

const variables = readEnvironment(environment, process.env);

export const handler = createControl({
  dynamoDb: dynamoDb(),
  s3: s3(process.env.AWS_ENDPOINT_URL_S3 !== undefined),
  eventBridge: eventBridge(),
  cloudFront: cloudFront(),
  readSecret: secretReader(secretsManager()),
  environment: variables,
  clock: wallClock,
  log: jsonLog('control'),
  metrics: stdoutMetrics(variables.METRICS_NAMESPACE),
});
