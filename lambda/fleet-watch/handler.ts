import { dynamoDb, eventBridge } from '../shared/clients.ts';
import { readEnvironment } from '../shared/environment-reader.ts';
import { jsonLog } from '../shared/log.ts';
import { stdoutMetrics } from '../shared/metrics.ts';
import { wallClock } from '../shared/wall-clock.ts';
import { createFleetWatch } from './create-fleet-watch.ts';
import { environment } from './environment.ts';

const variables = readEnvironment(environment, process.env);

export const handler = createFleetWatch({
  dynamoDb: dynamoDb(),
  eventBridge: eventBridge(),
  environment: variables,
  clock: wallClock,
  log: jsonLog('fleet-watch'),
  metrics: stdoutMetrics(variables.METRICS_NAMESPACE),
});
