import { dynamoDb } from '../shared/clients.ts';
import { readEnvironment } from '../shared/environment-reader.ts';
import { jsonLog } from '../shared/log.ts';
import { wallClock } from '../shared/wall-clock.ts';
import { createControlAuthorizer } from './create-control-authorizer.ts';
import { environment } from './environment.ts';

export const handler = createControlAuthorizer({
  dynamoDb: dynamoDb(),
  environment: readEnvironment(environment, process.env),
  clock: wallClock,
  log: jsonLog('control-authorizer'),
});
